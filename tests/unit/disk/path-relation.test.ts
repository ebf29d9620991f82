import { describe, expect, it } from 'vitest';
import { makePathRelation } from '../../../src/disk/path-relation.ts';

describe('makePathRelation()', () => {
  it.each([
    ['linux', '/in/Done', '/in', true],
    ['linux', '/in', '/in', false],
    ['linux', '/in2', '/in', false],
    ['linux', '/in/..a', '/in', true],
    ['linux', '/IN/Done', '/in', false],
    ['darwin', '/IN/Done', '/in', true],
    ['win32', 'C:\\in\\Done', 'c:/IN', true],
    ['win32', 'D:\\out', 'C:\\in', false],
    ['win32', '\\\\server\\share\\out', 'C:\\in', false],
    ['win32', 'C:\\out', 'C:\\in', false],
  ] as const)('on %s %s lies in %s: %s', (platform, inner, outer, expected) => {
    expect(makePathRelation(platform).isInside(inner, outer)).toBe(expected);
  });

  it.each([
    ['linux', '/in/Done/', '/in/Done', true],
    ['linux', '/in/done', '/in/Done', false],
    ['darwin', '/in/Pru\u0308fung', '/in/PR\u00DCFUNG', true],
    ['win32', 'C:\\in\\done', 'c:/in/Done', true],
    ['win32', 'D:\\in', 'C:\\in', false],
  ] as const)('on %s %s is %s: %s', (platform, a, b, expected) => {
    expect(makePathRelation(platform).isSame(a, b)).toBe(expected);
  });
});
