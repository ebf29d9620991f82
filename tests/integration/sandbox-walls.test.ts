import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { findAddon } from '../../src/sandbox/addon.ts';
import { NO_TOOLS, type WallTools } from '../../src/sandbox/walls/compose.ts';
import { findTools } from '../../src/sandbox/walls/probe.ts';
import { isFilterArch, makeFilter } from '../../src/sandbox/walls/seccomp.ts';
import { REFUSED, SPECIAL, type SyscallNumbers, VIOLATIONS } from '../../src/sandbox/walls/syscalls.ts';
import { attack, nameOf } from '../support/attack.ts';
import { eventually, findProcesses } from '../support/processes.ts';
import { body, hasBubblewrap, mayUnshare, ROOT, startTestPool } from '../support/sandbox.ts';

const isLinux = process.platform === 'linux';
const active = (walls: readonly { readonly name: string; readonly active: boolean }[]): readonly string[] =>
  walls.filter((wall) => wall.active).map(({ name }) => name);

/** Process group and session. Source: proc(5), fields 5 and 6, counted behind the name. */
function readSession(pid: number): readonly (string | undefined)[] {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return [fields[2], fields[3]];
}

describe('walls', () => {
  let found: WallTools;
  beforeAll(async () => {
    found = await findTools({ node: process.execPath, runner: '', addon: await findAddon() });
  });

  it.runIf(hasBubblewrap)('hold network, files, system calls, limits and privileges with bubblewrap', async () => {
    await using pool = await startTestPool({ tools: found });

    expect(active(pool.pool.walls)).toEqual(['network', 'files', 'seccomp', 'rlimits', 'privileges']);
    expect((await pool.run(body('host.part("1")'))).taken.parts).toEqual(['1']);
  });

  it.runIf(isLinux)('hold network and files without bubblewrap where unshare may make namespaces', async () => {
    await using pool = await startTestPool({ tools: { ...found, bubblewrap: null } });

    const held = pool.pool.walls.filter(({ detail }) => detail === 'unshare').map(({ name }) => name);
    expect(held).toEqual(mayUnshare ? ['network', 'files'] : []);
    expect(active(pool.pool.walls)).toEqual([...held, 'rlimits', 'privileges']);
    expect((await pool.run(body('host.part("1")'))).taken.parts).toEqual(['1']);
    const stuck = await attack(pool, body('[].indexOf.call({ length: 2 ** 53 - 1 }, 1)'));
    expect(nameOf(stuck.outcome)).toBe('stopped wall');
  });

  it.runIf(isLinux)('hold limits and privileges without any namespace, and say what is missing', async () => {
    await using pool = await startTestPool({ tools: { ...found, bubblewrap: null, namespaces: null } });

    expect(active(pool.pool.walls)).toEqual(expect.arrayContaining(['rlimits', 'privileges']));
    expect(pool.pool.walls).toContainEqual({
      name: 'network',
      active: false,
      detail: 'neither bubblewrap nor unshare is installed and runs here',
    });
    const flood = await attack(pool, body('const kept = []; for (;;) kept.push(new Uint8Array(4e7).fill(1))'));
    expect(nameOf(flood.outcome)).not.toBe('converted');
  });

  it('are reported as missing on a machine without any tool, where the pool goes on', async () => {
    await using pool = await startTestPool({ tools: NO_TOOLS });

    expect(active(pool.pool.walls)).toEqual([]);
    expect(pool.pool.walls.map(({ name }) => name)).toEqual([
      'network',
      'files',
      'seccomp',
      'rlimits',
      'privileges',
      'permission',
      'watchdog',
    ]);
    const stuck = await attack(pool, body('[].indexOf.call({ length: 2 ** 53 - 1 }, 1)'));
    expect(nameOf(stuck.outcome)).toBe('stopped wall');
  });

  it.runIf(isLinux)('are left out when nothing starts behind them', async () => {
    const bubblewrap = { bwrap: '/bin/false', libraries: [], filter: null };

    await using pool = await startTestPool({ tools: { ...found, bubblewrap, namespaces: null } });

    expect(active(pool.pool.walls)).toEqual(['rlimits', 'privileges']);
    expect((await pool.run(body('host.part("1")'))).taken.parts).toEqual(['1']);
  });

  it.runIf(isLinux).each(['no-bubblewrap', 'no-namespaces'])(
    'leave no orphan of a killed daemon with %s either',
    async (walls) => {
      const program = path.join(ROOT, 'tests/support/sandbox-daemon.ts');
      const daemon = spawn(process.execPath, [program, walls], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [folder] = await once(daemon.stdout, 'data');
      expect((await findProcesses(String(folder))).length).toBeGreaterThan(0);

      daemon.kill('SIGKILL');

      await once(daemon, 'exit');
      await eventually(async () => (await findProcesses(String(folder))).length === 0);
    },
  );

  it.runIf(isLinux)('put each runner into a session of its own, which no signal to the daemon reaches', async () => {
    await using pool = await startTestPool();
    const pids = await findProcesses(pool.folder);

    expect(pids.length).toBeGreaterThan(0);
    const own = readSession(process.pid);
    for (const pid of pids) expect(readSession(pid)).not.toEqual(own);
  });
});

describe.runIf(hasBubblewrap && existsSync('/usr/bin/perl') && isFilterArch(process.arch))(
  'the filter of system calls, loaded by bubblewrap (bubblewrap, perl)',
  () => {
    const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
    const numberOf = (call: SyscallNumbers): number => call[arch] ?? -1;

    /** Makes one call behind the filter: `ok`, the number of its error, or the signal it died of. */
    async function callAs(number: number, ...parts: readonly number[]): Promise<string> {
      const script = `my $r = syscall(${[number, ...parts].join(', ')}); print $r == -1 ? $! + 0 : "ok";`;
      const shown = [
        '--unshare-all',
        '--ro-bind',
        '/',
        '/',
        '--dev',
        '/dev',
        '--seccomp',
        '3',
        '--',
        'perl',
        '-e',
        script,
      ];
      const child = spawn('bwrap', shown, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
      const pipe = child.stdio[3];
      if (pipe instanceof Writable) pipe.end(makeFilter(arch));
      const said = child.stdout === null ? '' : text(child.stdout);
      const [code] = await once(child, 'exit');
      return code > 128 ? `signal ${code - 128}` : await said;
    }
    const [EPERM, ENOSYS, SIGSYS] = ['1', '38', 'signal 31'];
    const [PRIVATE_ANONYMOUS, NO_FILE] = [0x22, -1];

    it.each([
      ['socket', REFUSED.socket, [1, 1, 0], EPERM],
      ['a new process', SPECIAL.clone, [17, 0, 0, 0, 0], EPERM],
      ['clone3', SPECIAL.clone3, [0, 0], ENOSYS],
      ['memory that is written and run', SPECIAL.mmap, [0, 4096, 7, PRIVATE_ANONYMOUS, NO_FILE, 0], EPERM],
      ['memory that is run', SPECIAL.mmap, [0, 4096, 5, PRIVATE_ANONYMOUS, NO_FILE, 0], 'ok'],
      ['a file in memory', REFUSED.memfd_create, [0, 0], EPERM],
      ['io_uring', REFUSED.io_uring_setup, [1, 0], EPERM],
      ['ptrace', VIOLATIONS.ptrace, [0, 0, 0, 0], SIGSYS],
      ['bpf', VIOLATIONS.bpf, [0, 0, 0], SIGSYS],
      ['mount', VIOLATIONS.mount, [0, 0, 0, 0, 0], SIGSYS],
    ] as const)('answers %s', async (_what, call, parts, expected) => {
      expect(await callAs(numberOf(call), ...parts)).toBe(expected);
    });

    it.runIf(arch === 'x64')('kills at a call of x32', async () => {
      expect(await callAs(0x4000_0000 + 39)).toBe(SIGSYS);
    });
  },
);
