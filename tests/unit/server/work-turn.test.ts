import { describe, expect, it } from 'vitest';
import { makeWorkTurn } from '../../../src/server/work-turn.ts';

describe('makeWorkTurn', () => {
  it('is over after half a millisecond of work, in however many pieces, and new once others had theirs', () => {
    let nowMs = 1000;
    const turn = makeWorkTurn({ monotonicMs: () => nowMs });

    turn.begin();
    nowMs += 0.3;
    expect(turn.isOver()).toBe(false);
    turn.end();
    turn.begin();
    nowMs += 0.1;
    expect(turn.isOver()).toBe(false);
    nowMs += 0.1;
    expect(turn.isOver()).toBe(true);
    turn.renew();
    turn.begin();

    expect(turn.isOver()).toBe(false);
  });

  it('counts what passes between two pieces as time of the others', () => {
    let nowMs = 1000;
    const turn = makeWorkTurn({ monotonicMs: () => nowMs });

    for (let piece = 0; piece < 10; piece += 1) {
      turn.begin();
      nowMs += 0.3;
      turn.end();
      nowMs += 0.3;
    }
    turn.begin();

    expect(turn.isOver()).toBe(false);
  });
});
