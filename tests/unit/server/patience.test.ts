import { expect, it } from 'vitest';
import { countDenial, type Denials } from '../../../src/server/patience.ts';

it.each([
  ['49 denials at once', 49, 0, false],
  ['50 denials at once', 50, 0, true],
  ['50 denials over 9,999 ms', 50, 9_999 / 49, true],
  ['50 denials over 10 s', 50, 10_000 / 49, false],
])('countDenial() after %s', (_title, count, stepMs, expected) => {
  let denials: Denials = [];
  let isOver = false;

  for (let index = 0; index < count; index += 1) ({ denials, isOver } = countDenial(denials, index * stepMs));

  expect(isOver).toBe(expected);
});
