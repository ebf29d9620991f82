import { describe, expect, it } from 'vitest';
import { toSubmissionId } from '../../../src/core/ids.ts';
import { collectGroup, GROUP_BYTES, GROUP_REQUESTS } from '../../../src/store/collect-group.ts';
import type { ToStore } from '../../../src/store/messages.ts';
import { converted, makeAttachment, makeInput, makeReport, NOON_UNIX_MS } from '../../support/store.ts';

type Request = Extract<ToStore, { kind: 'request' }>['request'];

const CLOSE: ToStore = { kind: 'close' };
const toMessage = (request: Pick<Request, 'method' | 'args'>): ToStore => ({
  kind: 'request',
  request: { id: 1, nowUnixMs: NOON_UNIX_MS, ...request } as Request,
});
const accept = (bytes: number): ToStore =>
  toMessage({ method: 'accept', args: [makeInput({ body: { kind: 'inline', bytes: new Uint8Array(bytes) } })] });

/** How many calls the first group takes, and whether it is the last one. */
function collect(...messages: readonly ToStore[]) {
  const [first = CLOSE, ...waiting] = messages;
  const { requests, isLast } = collectGroup(first, () => waiting.shift());
  return { taken: requests.length, isLast, left: waiting.length };
}

describe('collectGroup()', () => {
  it.each([
    [GROUP_REQUESTS - 1, GROUP_REQUESTS - 1],
    [GROUP_REQUESTS, GROUP_REQUESTS],
    [GROUP_REQUESTS + 1, GROUP_REQUESTS],
  ])('takes of %i calls that wait %i', (waiting, taken) => {
    const calls = Array.from({ length: waiting }, () => accept(0));

    expect(collect(...calls)).toEqual({ taken, isLast: false, left: waiting - taken });
  });

  it.each([
    [GROUP_BYTES - 1, 2],
    [GROUP_BYTES, 1],
    [GROUP_BYTES + 1, 1],
  ])('after %i bytes takes %i of two calls', (bytes, taken) => {
    expect(collect(accept(bytes), accept(0)).taken).toBe(taken);
  });

  it('counts the bodies and the attachments of a conversion', () => {
    const report = makeReport(1, {
      body: 'x'.repeat(GROUP_BYTES / 2),
      attachments: [makeAttachment(new Uint8Array(GROUP_BYTES / 2))],
    });
    const end = toMessage({
      method: 'endSubmission',
      args: [toSubmissionId('01980000-0000-7000-8000-000000000001'), converted(report)],
    });

    expect(collect(end, accept(0)).taken).toBe(1);
  });

  it('ends with what was called before the store is closed', () => {
    expect(collect(accept(1), accept(1), CLOSE)).toEqual({ taken: 2, isLast: true, left: 0 });
    expect(collect(CLOSE)).toEqual({ taken: 0, isLast: true, left: 0 });
  });
});
