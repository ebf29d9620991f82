import { expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/core/errors.ts';

// What a peer or a script can see: red means "decide", not "fix the test". Source: protocol.md 6.
const PINNED = `
parse_error -32700 1 no
invalid_request -32600 1 no
unknown_method -32601 64 no
invalid_params -32602 64 no
internal -32603 70 yes
unauthenticated -32001 77 no
not_initialized -32002 1 no
forbidden -32003 77 no
not_found -32004 1 no
unsupported_protocol -32010 76 no
too_large -32013 65 no
queue_full -32020 75 yes
conflict -32021 1 no
stale_etag -32022 75 yes
busy -32023 75 yes
unavailable -32024 75 yes
rate_limited -32029 75 yes
too_many_in_flight -32030 75 yes
too_many_connections -32031 75 yes
converter_failed -32040 65 no
converter_timeout -32040 65 no
converter_memory -32040 65 no
converter_crashed -32040 65 no
converter_refused -32040 65 no
shutting_down -32050 75 yes
cancelled -32800 130 no
server_cancelled -32802 75 yes
request_failed -32803 65 no
deadline_exceeded -32098 124 yes
usage local 64 no
file_unreadable local 66 no
not_running local 69 yes
already_running local 73 no
cannot_write local 73 no
io_error local 74 yes
config_invalid local 78 no`;

it('ERROR_CODES keeps every code, wire number, exit code and retry flag', () => {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { wire, exit, retryable }]) => `${code} ${wire ?? 'local'} ${exit} ${retryable ? 'yes' : 'no'}`,
  );

  expect(`\n${rows.join('\n')}`).toBe(PINNED);
});
