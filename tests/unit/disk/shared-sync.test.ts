import { describe, expect, it } from 'vitest';
import { makeSharedSync } from '../../../src/disk/shared-sync.ts';

function makeCounted() {
  const gates: PromiseWithResolvers<void>[] = [];
  const sync = makeSharedSync(() => {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    return gate.promise;
  });
  return { sync, gates };
}

describe('makeSharedSync()', () => {
  it('serves all who ask while one runs with one more, which begins after it', async () => {
    const { sync, gates } = makeCounted();
    const first = sync('/a');
    const others = [sync('/a'), sync('/a'), sync('/a')];
    const before = gates.length;
    gates[0]?.resolve();
    await first;
    await Promise.resolve();
    gates[1]?.resolve();
    await Promise.all(others);

    expect([before, gates.length]).toEqual([1, 2]);
  });

  it('does not let folders wait for each other', () => {
    const { sync, gates } = makeCounted();
    void sync('/a');
    void sync('/b');

    expect(gates).toHaveLength(2);
  });

  it('fails those whose flush failed, and flushes anew for the next', async () => {
    const { sync, gates } = makeCounted();
    const first = sync('/a');
    const second = sync('/a');
    gates[0]?.reject(new Error('EIO'));
    await expect(first).rejects.toThrow('EIO');
    gates[1]?.resolve();
    await second;
    const third = sync('/a');
    gates[2]?.resolve();
    await third;

    expect(gates).toHaveLength(3);
  });
});
