import { describe, expect, it } from 'vitest';
import { makeLogKeeper } from '../../../src/conversion/keep-log.ts';

function keep(texts: readonly string[], limits = { logLines: 3, logBytes: 10, logLine: 5 }): readonly string[] {
  const keeper = makeLogKeeper(limits);
  for (const text of texts) keeper.add({ level: 'info', text });
  return keeper.lines().map(({ text }) => text);
}

describe('makeLogKeeper()', () => {
  it.each([
    [2, 2],
    [3, 3],
    [4, 4],
    [9, 4],
  ])('keeps %i empty lines as %i', (count, kept) => {
    expect(keep(Array.from({ length: count }, () => ''))).toHaveLength(kept);
  });

  it('cuts a long line, and stops at the bytes of all of them', () => {
    expect(keep(['123456', '12345', '1'])).toEqual(['12345', '12345', expect.stringContaining('cut here')]);
  });
});
