import { expect, it } from 'vitest';
import { METHODS } from '../../src/protocol/registry.ts';

// Source: protocol.md 13. A method here works; one that does not work yet is not here.
const PINNED = `
ping - free 1 stopping
rpc/describe - calls 1
status/get read,admin calls 1 stopping
report/submit submit submit 1
submission/get submit,read,admin calls 1
submission/getMany submit,read,admin calls 1
submission/list submit,read,admin calls 1
submission/retry submit,admin calls 1
submission/delete submit,admin calls 1
report/get submit,read,admin calls 1
report/list submit,read,admin calls 1
report/resend admin calls 1
queue/stats read,admin calls 1
queue/list read,admin calls 1
queue/retry admin calls 1
queue/get read,admin calls 1
queue/hold admin calls 1
queue/release admin calls 1
queue/delete admin calls 1
queue/pause admin calls 1
queue/resume admin calls 1
queue/drain admin calls 1
queue/shape read,admin calls 1
queue/verify read,admin calls 1
queue/compact admin calls 1
destination/list read,admin calls 1
destination/test admin calls 1
destination/hold admin calls 1
destination/release admin calls 1
converter/list read,admin calls 1
converter/get read,admin calls 1
config/get read,admin calls 1
config/validate read,admin calls 1
report/convert submit submit 1
converter/probe submit calls 1
intake/list read,admin calls 1
intake/rescan admin calls 1
events/subscribe submit,read,admin calls 1
events/unsubscribe submit,read,admin free 1
key/list admin calls 1
key/create admin calls 1
key/revoke admin calls 1
key/rotate admin calls 1
health/get read,admin calls 1 stopping
log/setLevel admin calls 1
admin/shutdown admin calls 1 stopping
admin/restart admin calls 1 stopping`;

it('METHODS keeps every name, scope, rate class and version', () => {
  const rows = Object.entries(METHODS).map(([name, spec]) => {
    const scopes = spec.scopes.length === 0 ? '-' : spec.scopes.join(',');
    return `${name} ${scopes} ${spec.rateClass} ${spec.sinceVersion}${'whileStopping' in spec ? ' stopping' : ''}`;
  });

  expect(`\n${rows.join('\n')}`).toBe(PINNED);
  expect(Object.entries(METHODS).every(([name, spec]) => spec.name === name)).toBe(true);
});
