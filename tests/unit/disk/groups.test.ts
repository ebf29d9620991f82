import { describe, expect, it } from 'vitest';
import { parseGroups, readGroups } from '../../../src/disk/groups.ts';

describe('parseGroups()', () => {
  it('reads names and ids, and leaves out what is no group', () => {
    const text = 'root:x:0:\nline ict:x:1001:eva,tom\n\n# a comment\n+\nbroken:x:one:\n:x:7:\n';

    expect([...parseGroups(text)]).toEqual([
      ['root', 0],
      ['line ict', 1001],
    ]);
  });
});

describe('readGroups()', () => {
  it.runIf(process.platform !== 'win32')('knows a group of this machine', async () => {
    expect((await readGroups()).size).toBeGreaterThan(0);
  });
});
