import { describe, expect, it } from 'vitest';
import { makeDeadlines } from '../../../src/core/deadlines.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

function make() {
  const clock = makeManualClock();
  const deadlines = makeDeadlines(clock);
  const over: string[] = [];
  const add = (name: string, ms: number) => deadlines.add(ms, () => over.push(name));
  return { clock, deadlines, over, add };
}

describe('makeDeadlines()', () => {
  it('calls back at the deadline, not a millisecond before', () => {
    const { clock, over, add } = make();
    add('a', 10);

    clock.advance(9);
    expect(over).toEqual([]);
    clock.advance(1);
    expect(over).toEqual(['a']);
  });

  it('keeps each deadline, in whatever order they came, with one timer', () => {
    const { clock, over, add } = make();
    add('late', 30);
    add('early', 10);
    add('middle', 20);
    expect(clock.pending()).toBe(1);

    for (let ms = 0; ms < 30; ms += 1) clock.advance(1);

    expect(over).toEqual(['early', 'middle', 'late']);
    expect(clock.pending()).toBe(0);
  });

  it('says nothing of a deadline that was removed, and goes on with the others', () => {
    const { clock, deadlines, over, add } = make();
    const first = add('first', 10);
    add('second', 20);
    deadlines.remove(first);

    clock.advance(10);
    expect(over).toEqual([]);
    clock.advance(10);
    expect(over).toEqual(['second']);
  });

  it('takes a new deadline from one that is over', () => {
    const { clock, deadlines, over, add } = make();
    deadlines.add(10, () => void add('next', 5));

    clock.advance(10);
    expect(clock.pending()).toBe(1);
    clock.advance(5);
    expect(over).toEqual(['next']);
  });

  it('stops its timer with nothing left, and when it is disposed of', () => {
    const { clock, deadlines, over, add } = make();
    deadlines.remove(add('a', 10));
    clock.advance(10);
    expect(clock.pending()).toBe(0);

    add('b', 10);
    deadlines[Symbol.dispose]();
    expect(clock.pending()).toBe(0);
    clock.advance(10);
    expect(over).toEqual([]);
  });
});
