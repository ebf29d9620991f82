import { describe, expect, it } from 'vitest';
import { findGroupAccess, resolveGroups } from '../../../src/daemon/group-access.ts';

const known = new Map([
  ['test', 1000],
  ['lab', 1001],
]);
const service = { run: '/run/airlock', keys: '/etc/airlock/keys', record: '/etc/airlock/service.json' };

describe('resolveGroups()', () => {
  it('gives ids in the order submit, read, admin, however they are written', () => {
    expect(resolveGroups({ admin: 'lab', submit: 'test' }, known)).toEqual([
      { scope: 'submit', gid: 1000 },
      { scope: 'admin', gid: 1001 },
    ]);
  });

  it('refuses a group that does not exist, with the command that makes it', () => {
    expect(() => resolveGroups({ read: 'nobody here' }, known)).toThrow(
      'Cannot use ipc.groups: this machine has no local group "nobody here" (ipc.groups.read); make it with: groupadd "nobody here"',
    );
  });
});

describe('findGroupAccess()', () => {
  it('is null without groups: the daemon is its user’s own', async () => {
    expect(await findGroupAccess({ service }, {})).toBe(null);
  });
});
