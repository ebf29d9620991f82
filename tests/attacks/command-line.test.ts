import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { documents, until } from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

const entry = path.resolve(import.meta.dirname, '../../bin/airlock.cjs');

const shared = shareDaemon();

/** Run a shell pipeline in which `$AIRLOCK` is the command line on this home. */
function shell(home: string, script: string): { readonly stdout: string; readonly stderr: string } {
  const AIRLOCK = `${process.execPath} ${entry} --home ${home}`;
  return spawnSync('bash', ['-c', script], { encoding: 'utf8', env: { ...process.env, AIRLOCK }, timeout: 100_000 });
}

describe('a reader that goes away', () => {
  it('does not stop a command in its work and shows no stack', async () => {
    const { home } = shared;
    const files = ['a.json', 'b.json', 'c.json'].map((name) => path.join(home.home, name));
    for (const file of files) writeFileSync(file, '{}');

    const { stdout, stderr } = shell(home.home, `$AIRLOCK submit ${files.join(' ')} | true; echo "\${PIPESTATUS[0]}"`);
    await using client = await home.connect();
    const { items } = await client.call('submission/list', {});
    const names = items.map(({ name }) => name);

    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
    expect(names.filter((name) => /^[abc]\.json$/.test(name))).toHaveLength(3);
  });

  it('of the log does not stop the daemon', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();

    daemon.child.stderr?.destroy();

    expect((await home.airlock(['status', '--json'])).exitCode).toBe(0);
    expect((await home.airlock(['stop', '--json'])).exitCode).toBe(0);
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
  });
});

describe.skipIf(process.platform === 'win32')('a file that is no file', () => {
  it('is refused instead of waited for or read for ever', async () => {
    const { home } = shared;
    const fifo = path.join(home.home, 'fifo.json');
    spawnSync('mkfifo', [fifo]);

    const { exitCode, stdout } = await home.airlock(['submit', '--json', fifo, '/dev/zero']);

    expect(exitCode).toBe(66);
    expect(documents(stdout).map(({ error }) => error)).toEqual([
      expect.objectContaining({ code: 'file_unreadable', message: expect.stringContaining('airlock submit -') }),
      expect.objectContaining({ code: 'too_large' }),
    ]);
  });

  it('in the place of the configuration is refused', async () => {
    await using home = await makeTestHome();
    spawnSync('mkfifo', [home.places.configFile]);

    const { exitCode, stdout } = await home.airlock(['run', '--json']);

    expect(exitCode).toBe(66);
    expect(documents(stdout)[0]).toMatchObject({ error: { code: 'file_unreadable' } });
  });
});

describe('an interrupt', () => {
  it('ends a command that waits for standard input, with 130, and tells what was taken before', async () => {
    const { home } = shared;
    const first = path.join(home.home, 'first.json');
    writeFileSync(first, '{}');
    await using client = await home.connect();
    const child = spawn(process.execPath, [entry, '--home', home.home, '--json', 'submit', first, '-'], {
      stdio: 'pipe',
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    // The first file is taken: the command has come to standard input.
    await until(
      client,
      () => client.call('submission/list', {}),
      ({ items }) => items.some(({ name }) => name === 'first.json'),
    );

    child.kill('SIGINT');
    const [exitCode] = await once(child, 'close');

    expect(exitCode).toBe(130);
    expect(documents(stdout)).toEqual([
      expect.objectContaining({ file: first, state: 'received' }),
      expect.objectContaining({ error: expect.objectContaining({ code: 'cancelled' }) }),
    ]);
  });
});

describe('arguments at their edges', () => {
  it.each([
    ['no command at all', []],
    ['a time-out longer than a timer can be', ['wait', '--timeout', '1000 d']],
    ['a time-out beyond every number', ['wait', '--timeout', '999999999999999 d']],
  ])('%s is a usage error with one document', async (_title, argv) => {
    await using home = await makeTestHome();

    const { exitCode, stdout, stderr } = await home.airlock(['--json', ...argv]);

    expect({ exitCode, stderr }).toEqual({ exitCode: 64, stderr: '' });
    expect(documents(stdout)).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ code: 'usage', retryable: false }) }),
    ]);
  });

  it('names the help on standard error when no command was given', async () => {
    await using home = await makeTestHome();

    const { exitCode, stdout, stderr } = await home.airlock([]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: '' });
    expect(stderr).toContain('a command is missing');
    expect(stderr).toContain('airlock --help');
  });

  it('prints a file name with line ends and escapes on one line, without moving the cursor', async () => {
    const { home } = shared;
    const file = path.join(home.home, 'a\u001b[2J\nforged: delivered.json');
    writeFileSync(file, '{}');

    const { stdout } = await home.airlock(['submit', file]);

    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).toContain(String.raw`a\u{1b}[2J\u{a}forged`);
  });
});
