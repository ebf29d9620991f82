import { describe, expect, test } from 'vitest';
import { editDistance, findNearest } from '../../../src/config/edit-distance.ts';

describe('editDistance()', () => {
  test.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['queue', 'queue', 0],
    ['qeue', 'queue', 1],
    ['maxItems', 'maxItmes', 2],
    ['kitten', 'sitting', 3],
  ])('%j to %j is %i', (left, right, distance) => {
    expect([editDistance(left, right), editDistance(right, left)]).toEqual([distance, distance]);
  });
});

describe('findNearest()', () => {
  test.each([
    ['queu', 'queue'],
    ['que', 'queue'],
    ['qu', null],
    ['QUEUE', 'queue'],
    ['ipx', 'ipc'],
    ['xyz', null],
  ])('takes %j for %j', (word, nearest) => {
    expect(findNearest(word, ['daemon', 'queue', 'ipc'])).toBe(nearest);
  });
});
