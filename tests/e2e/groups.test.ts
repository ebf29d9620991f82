import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGroups } from '../../src/disk/groups.ts';
import { as, Machine, program, SETPRIV } from '../support/service-machine.ts';

// Where setpriv is not installed, or this is not root, the cases say so.
const isRoot = process.getuid?.() === 0 && spawnSync(SETPRIV, ['--version']).status === 0;
const SERVICE_UID = 54_321;
const CLIENT_UID = 54_322;

/** Three groups of this machine: for submit, read and admin. */
const [submit, read, admin] = isRoot
  ? [...parseGroups(readFileSync('/etc/group', 'utf8'))]
      .filter(([, gid]) => gid > 0)
      .map(([name, gid]) => ({ name, gid }))
  : [];

const look = (file: string) => {
  const { mode, uid, gid } = lstatSync(file);
  return { mode: (mode & 0o7777).toString(8), uid, gid };
};

if (submit !== undefined && read !== undefined && admin !== undefined) {
  const SERVICE = { uid: SERVICE_UID, gids: [submit.gid, read.gid, admin.gid] };
  const ALL_GROUPS = { submit: submit.name, read: read.name, admin: admin.name };

  describe('a system service with ipc.groups (needs root and setpriv)', () => {
    const stack = new AsyncDisposableStack();
    let machine: Machine;
    let log = '';

    beforeAll(async () => {
      machine = stack.use(new Machine(SERVICE));
      machine.configure({ ipc: { groups: ALL_GROUPS } });
      log = await machine.start();
    });
    afterAll(() => stack.disposeAsync());

    it('shares folder, socket and discovery file with the first group, and each key with its own', () => {
      expect(log).toContain('"ready"');
      expect(look(machine.run)).toEqual({ mode: '750', uid: SERVICE_UID, gid: submit.gid });
      expect(look(path.join(machine.run, 'default.sock'))).toEqual({ mode: '660', uid: SERVICE_UID, gid: submit.gid });
      expect(look(path.join(machine.run, 'default.json'))).toEqual({ mode: '640', uid: SERVICE_UID, gid: submit.gid });
      expect(readdirSync(machine.keys).toSorted()).toEqual([
        'group-admin.json',
        'group-read.json',
        'group-submit.json',
      ]);
      expect(look(path.join(machine.keys, 'group-read.json'))).toEqual({
        mode: '640',
        uid: SERVICE_UID,
        gid: read.gid,
      });
      expect(look(path.join(machine.keys, 'group-admin.json'))).toEqual({
        mode: '640',
        uid: SERVICE_UID,
        gid: admin.gid,
      });
      expect(look(path.join(machine.home, 'keys', 'local.json'))).toMatchObject({ mode: '600' });
    });

    it('lets a person in with what the groups of that person allow, the most first, or the named key', async () => {
      const operator = { uid: CLIENT_UID, gids: [submit.gid] };
      const viewer = { uid: CLIENT_UID, gids: [submit.gid, read.gid] };
      const boss = { uid: CLIENT_UID, gids: [submit.gid, read.gid, admin.gid] };

      expect(await machine.ask(operator)).toEqual({ scopes: ['submit'] });
      expect(await machine.ask(viewer)).toEqual({ scopes: ['read'] });
      expect(await machine.ask(boss)).toEqual({ scopes: ['admin'] });
      expect(await machine.ask(boss, { key: 'group-submit' })).toEqual({ scopes: ['submit'] });
      expect(await machine.ask(operator, { key: 'group-admin' })).toMatchObject({ code: 'unauthenticated' });
      expect(await machine.ask(operator, { key: 'local' })).toMatchObject({ code: 'unauthenticated' });
    });

    it('lets nobody else in, and one whose home was named does not even look', async () => {
      const stranger = { uid: CLIENT_UID, gids: [] };
      const member = { uid: CLIENT_UID, gids: [submit.gid] };

      expect(await machine.ask(stranger)).toMatchObject({ code: 'forbidden', reason: 'not_in_group' });
      // Of a further group, but not of the first: the folder is closed.
      expect(await machine.ask({ uid: CLIENT_UID, gids: [read.gid] })).toMatchObject({ code: 'forbidden' });
      expect(await machine.ask(member, { mode: 'named' })).toMatchObject({ code: 'not_running' });
    });

    it('is not trusted when its folder belongs to somebody whom root has not named', async () => {
      const record = path.join(machine.etc, 'service.json');
      const member = { uid: CLIENT_UID, gids: [submit.gid] };
      const before = readFileSync(record, 'utf8');

      rmSync(record);
      const unnamed = await machine.ask(member);
      writeFileSync(record, before);
      chownSync(record, SERVICE_UID, SERVICE_UID);
      const forged = await machine.ask(member);
      chownSync(record, 0, 0);
      chmodSync(record, 0o666);
      const open = await machine.ask(member);
      chmodSync(record, 0o644);

      expect(unnamed).toMatchObject({ code: 'unavailable', reason: 'own_user' });
      expect(forged).toMatchObject({ code: 'unavailable', reason: 'own_user' });
      expect(open).toMatchObject({ code: 'unavailable', reason: 'shared_mode' });
      expect(await machine.ask(member)).toEqual({ scopes: ['submit'] });
    });

    it('is not trusted when everybody may enter its folder or use its socket', async () => {
      const socket = path.join(machine.run, 'default.sock');
      const member = { uid: CLIENT_UID, gids: [submit.gid] };

      chmodSync(machine.run, 0o755);
      const folder = await machine.ask(member);
      chmodSync(machine.run, 0o750);
      chmodSync(socket, 0o666);
      const bySocket = await machine.ask(member);
      chmodSync(socket, 0o660);

      expect(folder).toMatchObject({ code: 'unavailable', reason: 'shared_mode' });
      expect(bySocket).toMatchObject({ code: 'unavailable', reason: 'shared_mode' });
    });

    it('lets its own user in by the home, with the local key', async () => {
      const argv = [
        ...as(SERVICE),
        process.execPath,
        program('service-client.ts'),
        machine.home,
        machine.root,
        'named',
      ];

      const { stdout } = spawnSync(SETPRIV, argv, {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', HOME: '/' },
      });

      expect(JSON.parse(stdout)).toEqual({ scopes: ['submit', 'read', 'admin'] });
    });

    it('leaves nothing behind that says it runs', async () => {
      await machine.stop();

      expect(readdirSync(machine.run)).toEqual([]);
      expect(await machine.ask({ uid: CLIENT_UID, gids: [submit.gid] })).toMatchObject({ code: 'not_running' });
    });
  });

  describe('a start with ipc.groups (needs root and setpriv)', () => {
    const file = (machine: Machine, name: string): string => path.join(machine.keys, name);
    const refusals: readonly (readonly [string, (machine: Machine) => void, RegExp])[] = [
      [
        'without the folder of keys',
        (machine) => rmSync(machine.keys, { recursive: true }),
        /check missing .* mkdir -m 755 '/,
      ],
      [
        'with a folder of keys that others may write',
        (machine) => chmodSync(machine.keys, 0o777),
        /check shared_mode .* chmod 755 '/,
      ],
      [
        'with a folder of keys of another user',
        (machine) => chownSync(machine.keys, 1, 1),
        /check own_user .* chown 54321 '/,
      ],
      [
        'with a runtime folder of another user',
        (machine) => chownSync(machine.run, 1, 1),
        /check own_user .* chown 54321 '/,
      ],
      [
        'with a key of a group that everybody may read',
        (machine) => {
          writeFileSync(file(machine, 'group-read.json'), '{}');
          chownSync(file(machine, 'group-read.json'), SERVICE_UID, read.gid);
          chmodSync(file(machine, 'group-read.json'), 0o644);
        },
        /check shared_mode found mode 0644 instead of 0640; mend it with: chmod 640 '/,
      ],
      [
        'with a key that belongs to another group',
        (machine) => {
          writeFileSync(file(machine, 'group-read.json'), '{}');
          chmodSync(file(machine, 'group-read.json'), 0o640);
          chownSync(file(machine, 'group-read.json'), SERVICE_UID, admin.gid);
        },
        /check own_group /,
      ],
    ];

    it.each(refusals)('%s is refused, with the command that mends it', async (_, spoil, message) => {
      await using machine = new Machine(SERVICE);
      machine.configure({ ipc: { groups: ALL_GROUPS } });
      spoil(machine);

      const log = await machine.start();

      expect(log).toMatch(message);
      expect(existsSync(path.join(machine.run, 'default.sock'))).toBe(false);
    });

    it('by a user who is not in the group is refused', async () => {
      await using machine = new Machine({ uid: SERVICE_UID, gids: [] });
      machine.configure({ ipc: { groups: { read: read.name } } });

      expect(await machine.start()).toMatch(/Cannot (make key group-read|share folder)/);
    });

    it('with a group that this machine does not have is refused', async () => {
      await using machine = new Machine(SERVICE);
      machine.configure({ ipc: { groups: { submit: 'no-such-group-here' } } });

      expect(await machine.start()).toContain('groupadd "no-such-group-here"');
    });

    it('takes the key of a scope away that has no group any more', async () => {
      await using machine = new Machine(SERVICE);
      machine.configure({ ipc: { groups: ALL_GROUPS } });
      await machine.start();
      await machine.stop();

      machine.configure({ ipc: { groups: { submit: submit.name } } });
      await machine.start();

      expect(readdirSync(machine.keys)).toEqual(['group-submit.json']);
    });
  });
} else {
  it.skip('a system service with ipc.groups (needs root, setpriv and three groups)', () => undefined);
}
