import { describe, expect, it } from 'vitest';
import { makeCoalescer, MAX_SUBJECTS } from '../../../src/server/coalesce.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

function setUp() {
  const clock = makeManualClock();
  const passed: string[] = [];
  const coalescer = makeCoalescer<string>({ clock, pass: (item) => passed.push(item) }, { intervalMs: 100 });
  return { clock, passed, coalescer };
}

describe('a coalescer', () => {
  it('passes the first at once and then the latest of each interval', () => {
    const { clock, passed, coalescer } = setUp();

    for (let turn = 0; turn < 25; turn += 1) {
      coalescer.push('a', `a${turn}`);
      clock.advance(10);
    }

    expect(passed).toEqual(['a0', 'a9', 'a19']);
    clock.advance(100);
    expect(passed).toEqual(['a0', 'a9', 'a19', 'a24']);
  });

  it('knows each subject by itself, and forgets it when its interval is over', () => {
    const { clock, passed, coalescer } = setUp();
    coalescer.push('a', 'a1');
    coalescer.push('b', 'b1');
    coalescer.push('b', 'b2');
    clock.advance(100);
    expect(passed).toEqual(['a1', 'b1', 'b2']);

    coalescer.push('a', 'a2');
    coalescer.push('b', 'b3');

    expect(passed).toEqual(['a1', 'b1', 'b2', 'a2']);
    clock.advance(200);
    expect(clock.pending()).toBe(0);
  });

  it('tells what waits, and forgets it when told to', () => {
    const { clock, passed, coalescer } = setUp();
    coalescer.push('a', 'a1');
    coalescer.push('a', 'a2');
    coalescer.push('b', 'b1');

    expect([...coalescer.waiting()]).toEqual(['a2']);
    coalescer.clear();
    clock.advance(1000);

    expect(passed).toEqual(['a1', 'b1']);
  });

  it.each([
    [MAX_SUBJECTS - 1, 0],
    [MAX_SUBJECTS, 0],
    [MAX_SUBJECTS + 1, 1],
  ])('with %i subjects passes %i early', (subjects, early) => {
    const { passed, coalescer } = setUp();

    for (let subject = 0; subject < subjects; subject += 1) {
      coalescer.push(`s${subject}`, 'first');
      coalescer.push(`s${subject}`, 'second');
    }

    expect(passed.filter((item) => item === 'second')).toHaveLength(early);
  });

  it('passes nothing after its end', () => {
    const { clock, passed, coalescer } = setUp();
    coalescer.push('a', 'a1');
    coalescer.push('a', 'a2');

    coalescer[Symbol.dispose]();
    clock.advance(1000);

    expect(passed).toEqual(['a1']);
    expect(clock.pending()).toBe(0);
  });
});
