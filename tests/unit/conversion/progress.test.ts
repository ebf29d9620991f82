import { describe, expect, it } from 'vitest';
import { makeProgressSink } from '../../../src/conversion/progress.ts';

function setUp(size: number) {
  const told: unknown[] = [];
  const sink = makeProgressSink(size, (fraction, message) => told.push([fraction, message]));
  return { told, sink };
}

describe('makeProgressSink()', () => {
  it('tells how much is read, and never that all is done', () => {
    const { told, sink } = setUp(1000);

    sink.read?.(0);
    sink.read?.(500);
    sink.read?.(1000);

    expect(told).toEqual([
      [0.5, '500 of 1000 bytes read'],
      [0.99, '1000 of 1000 bytes read'],
    ]);
  });

  it('tells what the converter says, and from then on nothing of its reading', () => {
    const { told, sink } = setUp(1000);

    sink.read?.(500);
    sink.progress(0.1);
    sink.read?.(1000);
    sink.progress(1);

    expect(told).toEqual([
      [0.5, '500 of 1000 bytes read'],
      [0.1, null],
      [1, null],
    ]);
  });

  it('tells nothing as long as nothing is read', () => {
    const { told, sink } = setUp(0);

    sink.read?.(0);

    expect(told).toEqual([]);
  });
});
