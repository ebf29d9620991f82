import { existsSync, globSync, readdirSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { startKeptDemo } from '../support/kept-demo.ts';
import { documents } from '../support/e2e.ts';

describe('airlock demo', () => {
  it('takes every sample the whole way, shows a row a file, and leaves nothing behind', async () => {
    await using home = await makeTestHome();

    const { exitCode, stdout, stderr } = await home.airlock(['demo']);
    const samples = globSync('converters/*/fixtures/*.in.*', { cwd: path.resolve(import.meta.dirname, '../..') });
    const rows = stdout.split('\n').filter((line) => line.endsWith(' delivered') && !line.includes('airlock'));
    const folder = /airlock-demo-\w+/.exec(stdout)?.[0] ?? '';

    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/file +converter +reports +outcome +state/);
    expect(rows).toHaveLength(samples.length);
    expect(samples.length).toBeGreaterThan(1);
    expect(stdout).toContain('What to try next');
    expect(folder).not.toBe('');
    expect(existsSync(path.join(tmpdir(), folder))).toBe(false);
  });
});

describe('airlock demo --keep', () => {
  it('takes a file that is dropped into its inbox, delivers it, and is gone after an interrupt', async () => {
    await using demo = await startKeptDemo();
    const { home, inbox, deliveredTo, files, faults } = demo.document;
    const before = globSync('*/*.json', { cwd: deliveredTo }).length;

    await copyFile(path.resolve('converters/csv-semicolon/fixtures/one-unit.in.csv'), path.join(inbox, 'mine.csv'));
    await demo.untilDelivered(before + 1);
    const end = await demo.interrupt();

    expect(faults).toEqual([]);
    expect(files.length).toBeGreaterThan(1);
    expect(end).toEqual({ code: 0, signal: null });
    expect(existsSync(home)).toBe(false);
  });
});

describe('airlock stop, status, wait, doctor, version', () => {
  it('status shows one screen and one document with --json; stop comes back when the daemon is gone, and says 69 when there is none', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();

    const screen = await home.airlock(['status']);
    const json = await home.airlock(['status', '--json']);
    const stopped = await home.airlock(['stop', '--json']);
    const again = await home.airlock(['stop', '--json']);

    expect(screen.stdout).toContain('queue         0 of 10000 items');
    expect(json.exitCode).toBe(0);
    expect(documents(json.stdout)).toEqual([
      expect.objectContaining({
        schemaVersion: 1,
        instance: 'default',
        config: expect.objectContaining({ state: 'defaults' }),
      }),
    ]);
    expect(stopped.exitCode).toBe(0);
    expect(documents(stopped.stdout)).toEqual([{ schemaVersion: 1, stopped: true, pid: daemon.child.pid }]);
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
    expect(again.exitCode).toBe(69);
  });

  it('wait --ready comes back when it answers, and ends with 124 when nobody does', async () => {
    await using home = await makeTestHome();

    const late = await home.airlock(['wait', '--ready', '--timeout', '200 ms', '--json']);
    const waiting = home.airlock(['wait', '--ready', '--timeout', '100 s']);
    await home.start();

    expect(late.exitCode).toBe(124);
    expect(documents(late.stdout)[0]).toMatchObject({ error: { code: 'deadline_exceeded' } });
    expect((await waiting).exitCode).toBe(0);
    expect((await home.airlock(['wait', '--drained', '--timeout', '100 s'])).exitCode).toBe(0);
  });

  it('doctor works with the daemon dead and alive, and changes nothing', async () => {
    await using home = await makeTestHome();

    const dead = await home.airlock(['doctor', '--json']);
    const left = readdirSync(home.home);
    await home.start();
    const alive = await home.airlock(['doctor']);

    expect(dead.exitCode).toBe(0);
    expect(left).toEqual([]);
    expect(documents(dead.stdout)[0]).toMatchObject({ healthy: true });
    expect(dead.stdout).toContain('sandbox');
    expect(alive.exitCode).toBe(0);
    expect(alive.stdout).toContain('daemon/daemon');
  });

  it('version names the program and its Node', async () => {
    await using home = await makeTestHome();

    expect((await home.airlock(['version'])).stdout).toMatch(/^airlock \d+\.\d+\.\d+ \(Node 24\./);
  });
});
