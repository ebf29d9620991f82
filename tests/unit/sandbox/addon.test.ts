import { describe, expect, it } from 'vitest';
import { findAddon, isSafeVersion } from '../../../src/sandbox/addon.ts';

describe('isSafeVersion()', () => {
  it.each([
    ['6.1.2', false],
    ['7.0.0', false],
    ['7.0.1', true],
    ['7.1.0', true],
    ['8.0.0', false],
    ['7.0.1-beta.1', false],
    ['', false],
  ])('answers %j with %s', (version, expected) => {
    expect(isSafeVersion(version)).toBe(expected);
  });
});

describe('findAddon()', () => {
  it('names a native file of the installed package for this Node', async () => {
    expect(await findAddon()).toMatch(new RegExp(`isolated-vm\\.abi${process.versions.modules}.*\\.node$`));
  });
});
