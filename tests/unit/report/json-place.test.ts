import { describe, expect, it } from 'vitest';
import { findJsonFault } from '../../../src/report/json-place.ts';

describe('findJsonFault()', () => {
  it.each([
    ['{"a": x}', 6],
    ['{"a" 1}', 5],
    ['{"a":1,}', 7],
    ['[1 2]', 3],
    ['[1}', 2],
    ['{"a":[1,2', 9],
    ['{"a":"open', 10],
    ['', 0],
    ['{} {}', 3],
    ['[01]', 2],
    ['nul', 0],
  ])('finds in %s the index %d', (text, index) => {
    expect(findJsonFault(text)).toBe(index);
  });

  it('has no place for a fault inside a string', () => {
    expect(findJsonFault('["a\nb"]')).toBeNull();
  });
});
