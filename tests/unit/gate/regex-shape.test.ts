import { describe, expect, it } from 'vitest';
import { mayBacktrackForEver } from '../../../src/gate/regex-shape.ts';

describe('mayBacktrackForEver()', () => {
  it.each([
    '(a+)+',
    '(a*)*',
    '(?:a+b?)+',
    '(\\w+\\s?)+$',
    '((a+))+',
    '(x|a+)*',
    '([a-z]+){2,}',
    '(?<n>.*)+',
    '(?:\\p{L}+)*',
  ])('sees %s', (pattern) => {
    expect(mayBacktrackForEver(pattern)).toBe(true);
  });

  it.each([
    'a+b+',
    '(a+)',
    '(a+)?',
    '(a+){3}',
    '(a+,)*',
    '(?:-[a-z]+)*',
    '([(+*)]+)',
    '\\((a+)\\)+',
    '(\\(+x)*',
    '[(a+)+]',
    'a{2,}',
    '()*',
    '(?=a+)b',
  ])('lets pass %s', (pattern) => {
    expect(mayBacktrackForEver(pattern)).toBe(false);
  });
});
