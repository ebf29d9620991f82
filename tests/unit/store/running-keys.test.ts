import { describe, expect, it } from 'vitest';
import { makeRunningKeys } from '../../../src/store/running-keys.ts';

describe('makeRunningKeys()', () => {
  it('starts the first call of a key at once and the second when the first has ended, also when it failed', async () => {
    const keys = makeRunningKeys();
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = keys.run('a', async () => {
      seen.push('first');
      await gate.promise;
      throw new Error('no');
    });
    const second = keys.run('a', async () => seen.push('second'));
    await keys.run('b', async () => seen.push('other key'));
    gate.reject(new Error('stop'));
    await Promise.allSettled([first, second]);

    expect(seen).toEqual(['first', 'other key', 'second']);
  });

  it('is settled once nothing runs any more', async () => {
    const keys = makeRunningKeys();
    const gate = Promise.withResolvers<void>();
    let isSettled = false;
    const running = keys.run('a', () => gate.promise);
    const settled = keys.settled().then(() => {
      isSettled = true;
    });
    await keys.run('b', async () => undefined);
    const before = isSettled;
    gate.resolve();
    await Promise.all([running, settled]);

    expect([before, isSettled]).toEqual([false, true]);
  });
});
