import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import { listenToProgress } from '../../../src/daemon/conversion-progress.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

function setUp() {
  const clock = makeManualClock();
  const told: unknown[] = [];
  const listener = listenToProgress(
    { clock, publish: ({ kid, data }) => told.push({ kid, ...data }) },
    { submissionId: 's', kid: toKeyId('local') },
  );
  return { clock, told, listener };
}

describe('the progress of a conversion', () => {
  it('is not told of one that is over at once', () => {
    const { clock, told, listener } = setUp();

    listener.tell(0.5, null);
    clock.advance(249);
    listener.tell(0.9, null);
    listener[Symbol.dispose]();
    clock.advance(10_000);

    expect(told).toEqual([]);
    expect(clock.pending()).toBe(0);
  });

  it('is not told after its end, whatever its converter still says', () => {
    const { clock, told, listener } = setUp();
    listener[Symbol.dispose]();

    listener.tell(0.5, null);
    clock.advance(10_000);

    expect(told).toEqual([]);
    expect(clock.pending()).toBe(0);
  });

  it('is told four times a second, each time the latest, and whose it is', () => {
    const { clock, told, listener } = setUp();

    for (let turn = 1; turn <= 100; turn += 1) {
      listener.tell(turn / 100, turn === 100 ? 'all read' : null);
      clock.advance(10);
    }

    expect(told).toEqual([
      { kid: 'local', submissionId: 's', fraction: 0.25 },
      { kid: 'local', submissionId: 's', fraction: 0.5 },
      { kid: 'local', submissionId: 's', fraction: 0.75 },
      { kid: 'local', submissionId: 's', fraction: 1, message: 'all read' },
    ]);
    listener[Symbol.dispose]();
    expect(clock.pending()).toBe(0);
  });
});
