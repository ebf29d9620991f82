import { expect, it } from 'vitest';
import { worstDeliveryState } from '../../../src/core/states.ts';
import { hasScope } from '../../../src/core/scopes.ts';

it('worstDeliveryState() orders corrupt, dead, held, deferred, inflight, ready, delivered', () => {
  expect(worstDeliveryState(['delivered', 'dead', 'held'])).toBe('dead');
  expect(worstDeliveryState(['delivered', 'ready'])).toBe('ready');
  expect(worstDeliveryState([])).toBe('delivered');
});

it('hasScope() lets admin read, and nothing else imply anything', () => {
  expect(hasScope(['admin'], 'read')).toBe(true);
  expect(hasScope(['admin'], 'submit')).toBe(false);
  expect(hasScope(['read'], 'admin')).toBe(false);
  expect(hasScope(['submit'], 'read')).toBe(false);
});
