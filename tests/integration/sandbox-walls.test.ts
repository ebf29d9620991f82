import { once } from 'node:events';
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { findAddon } from '../../src/sandbox/addon.ts';
import { NO_TOOLS, type WallTools } from '../../src/sandbox/walls/compose.ts';
import { findTools } from '../../src/sandbox/walls/probe.ts';
import { attack, nameOf } from '../support/attack.ts';
import { eventually, findProcesses } from '../support/processes.ts';
import { body, hasBubblewrap, ROOT, startTestPool } from '../support/sandbox.ts';

const isLinux = process.platform === 'linux';
const active = (walls: readonly { readonly name: string; readonly active: boolean }[]): readonly string[] =>
  walls.filter((wall) => wall.active).map(({ name }) => name);

describe('walls', () => {
  let found: WallTools;
  beforeAll(async () => {
    found = await findTools({ node: process.execPath, runner: '', addon: await findAddon() });
  });

  it.runIf(hasBubblewrap)('hold network, files, limits and privileges with bubblewrap', async () => {
    await using pool = await startTestPool({ tools: found });

    expect(active(pool.pool.walls)).toEqual(expect.arrayContaining(['network', 'files', 'rlimits', 'privileges']));
    expect((await pool.run(body('host.part("1")'))).taken.parts).toEqual(['1']);
  });

  it.runIf(isLinux)('hold limits and privileges without bubblewrap, and say what is missing', async () => {
    await using pool = await startTestPool({ tools: { ...found, bubblewrap: null } });

    expect(active(pool.pool.walls)).toEqual(expect.arrayContaining(['rlimits', 'privileges']));
    expect(pool.pool.walls).toContainEqual({
      name: 'network',
      active: false,
      detail: 'bubblewrap is not installed, or does not run here',
    });
    const flood = await attack(pool, body('const kept = []; for (;;) kept.push(new Uint8Array(4e7).fill(1))'));
    expect(nameOf(flood.outcome)).not.toBe('converted');
  });

  it('are reported as missing on a machine without any tool, where the pool goes on', async () => {
    await using pool = await startTestPool({ tools: NO_TOOLS });

    expect(active(pool.pool.walls)).toEqual([]);
    expect(pool.pool.walls.map(({ name }) => name)).toEqual(['network', 'files', 'seccomp', 'rlimits', 'privileges']);
    const stuck = await attack(pool, body('[].indexOf.call({ length: 2 ** 53 - 1 }, 1)'));
    expect(nameOf(stuck.outcome)).toBe('stopped wall');
  });

  it.runIf(isLinux)('are left out when nothing starts behind them', async () => {
    const bubblewrap = { bwrap: '/bin/false', libraries: [] };

    await using pool = await startTestPool({ tools: { ...found, bubblewrap } });

    expect(active(pool.pool.walls)).toEqual(['rlimits', 'privileges']);
    expect((await pool.run(body('host.part("1")'))).taken.parts).toEqual(['1']);
  });

  it.runIf(isLinux)('leave no orphan of a killed daemon without bubblewrap either', async () => {
    const program = path.join(ROOT, 'tests/support/sandbox-daemon.ts');
    const daemon = spawn(process.execPath, [program, 'no-bubblewrap'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [folder] = await once(daemon.stdout, 'data');
    expect((await findProcesses(String(folder))).length).toBeGreaterThan(0);

    daemon.kill('SIGKILL');

    await once(daemon, 'exit');
    await eventually(async () => (await findProcesses(String(folder))).length === 0);
  });
});
