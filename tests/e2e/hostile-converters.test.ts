import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeConverter } from '../support/converter-folder.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { canonicalReport, CONVERTERS_AUTO, documents, submitText, until, writeOwnConverter } from '../support/e2e.ts';

const head = "import { defineConverter } from 'airlock/converter';\n";
const define = (body: string): string =>
  `${head}export default defineConverter({ convert(input, reports) {\n${body}\n} });\n`;

const THROWER = define("  throw new Error('the file has no header');");
const HOSTILE = [
  {
    name: 'loop',
    seconds: 1,
    extension: '.loop',
    source: define('  while (true) {}'),
    state: 'stopped',
    code: 'converter_timeout',
  },
  {
    name: 'builtin',
    seconds: 1,
    extension: '.builtin',
    source: define('  [].indexOf.call({ length: 2 ** 53 - 1 }, 1);'),
    state: 'stopped',
    code: 'converter_timeout',
  },
  {
    name: 'strings',
    extension: '.strings',
    // 2 GiB in strings that V8 cannot share: each one is flattened when its case changes.
    source: define("  const all = []; for (let i = 0; i < 2048; i += 1) all.push('X'.repeat(2 ** 20).toLowerCase());"),
    seconds: 20,
    state: 'stopped',
    code: 'converter_memory',
  },
  {
    name: 'thrower',
    seconds: 1,
    extension: '.thrower',
    source: THROWER,
    state: 'failed',
    code: 'converter_failed',
  },
] as const;

const READER = `import fs from 'node:fs';\n${define('  fs.readFileSync("/etc/passwd");')}`;
const MINE = define('  reports.start({});');

describe('converters that nobody has to trust, in a folder with approve "auto" and no walls required', () => {
  const shared = shareDaemon({
    prepare: async (home) => {
      await home.configure({
        converters: {
          folders: { ...CONVERTERS_AUTO.converters?.folders, 'by-hand': { path: 'by-hand', approve: 'manual' } },
        },
        sandbox: { requireWalls: [], limits: { wallMax: '21 s', wall: '21 s', cpu: '20 s' } },
      });
      for (const { name, extension, source, seconds } of HOSTILE) {
        const limits = { wall: `${seconds + 1} s`, cpu: `${seconds} s` };
        await writeOwnConverter(home, name, { source, extension, manifest: { limits } });
      }
      await writeOwnConverter(home, 'reader', { source: READER, extension: '.r' });
      await mkdir(path.join(home.home, 'by-hand'), { mode: 0o700 });
      const manifest = { match: { extensions: ['.m'] } };
      await writeConverter(path.join(home.home, 'by-hand'), 'mine', { manifest, files: { 'converter.ts': MINE } });
    },
  });

  it.each(HOSTILE)(
    '$name ends as $state with $code, and the next file is converted',
    async ({ name, extension, state, code }) => {
      const { home, client } = shared;

      const bad = await submitText(client, 'anything', `file${extension}`);
      const good = await submitText(client, canonicalReport(name));
      const after = await until(
        client,
        () => client.call('submission/get', { submissionId: good }),
        (row) => row.reports[0]?.state === 'delivered',
      );
      const ended = await until(
        client,
        () => client.call('submission/get', { submissionId: bad }),
        (row) => row.failure !== null,
      );

      expect([ended.state, ended.failure]).toMatchObject([state, { code }]);
      expect(after.state).toBe('converted');
      expect((await home.airlock(['status'])).exitCode).toBe(0);
    },
  );

  it('names file, line and column of what a converter throws', async () => {
    const { home, client } = shared;

    const { exitCode, stdout } = await home.airlock(['submit', '-', '--name', 'a.thrower', '--wait', '--json'], {
      stdin: 'x',
    });
    const [line] = documents(stdout);
    const row = await client.call('submission/get', { submissionId: String(line?.['submissionId']) });

    expect(exitCode).toBe(65);
    expect(line).toMatchObject({ state: 'failed', error: { code: 'converter_failed' } });
    expect(row.failure).toMatchObject({
      message: expect.stringContaining('the file has no header'),
      file: 'converter.ts',
      line: 3,
    });
  });

  it('a converter that imports node:fs never runs: the gate refuses it and says what to use instead', async () => {
    const { home, daemon } = shared;

    const { exitCode, stdout } = await home.airlock(
      ['submit', '-', '--name', 'a.r', '--converter', 'reader', '--wait', '--json'],
      { stdin: 'x' },
    );

    expect(exitCode).toBe(65);
    expect(documents(stdout)[0]).toMatchObject({ state: 'rejected', error: { code: 'converter_refused' } });
    expect(daemon.log()).toContain('no-node-builtin');
    expect(daemon.log()).toContain('node:fs');
  });

  it('a converter in a folder that is approved by hand waits, visibly', async () => {
    const { home } = shared;

    const { exitCode, stdout } = await home.airlock(
      ['submit', '-', '--name', 'a.m', '--wait', '--timeout', '1 s', '--json'],
      { stdin: 'x' },
    );
    const status = await home.airlock(['status', '--json']);

    expect(exitCode).toBe(124);
    expect(documents(stdout)[0]).toMatchObject({ state: 'waiting' });
    expect(documents(status.stdout)[0]).toMatchObject({ state: 'degraded' });
    expect(status.stdout).toContain('converter_pending');
  });
});
