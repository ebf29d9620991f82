import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { canonicalReport, CONVERTERS_AUTO, documents, submitText, until, writeOwnConverter } from '../support/e2e.ts';

const head = "import { defineConverter } from 'airlock/converter';\n";
const define = (body: string): string =>
  `${head}export default defineConverter({ convert(input, reports) {\n${body}\n} });\n`;

const HOSTILE = [
  {
    name: 'loop',
    extension: '.loop',
    source: define('  while (true) {}'),
    state: 'stopped',
    code: 'converter_timeout',
  },
  {
    name: 'builtin',
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
    extension: '.thrower',
    source: define("  throw new Error('the file has no header');"),
    state: 'failed',
    code: 'converter_failed',
  },
] as const;

describe('converters that nobody has to trust, in a folder with approve "auto" and no walls required', () => {
  it.each(HOSTILE)(
    '$name ends as $state with $code, and the next file is converted',
    async ({ name, extension, source, state, code, ...rest }) => {
      await using home = await makeTestHome();
      const seconds = 'seconds' in rest ? rest.seconds : 1;
      const limits = { wall: `${seconds + 1} s`, wallMax: `${seconds + 1} s`, cpu: `${seconds} s` };
      await home.configure({
        ...CONVERTERS_AUTO,
        sandbox: { requireWalls: [], limits },
      });
      await writeOwnConverter(home, name, { source, extension });
      await home.start();
      await using client = await home.connect();

      const bad = await submitText(client, 'anything', `file${extension}`);
      const good = await submitText(client, canonicalReport());
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

      expect(ended).toMatchObject({ state, failure: { code } });
      expect(after.state).toBe('converted');
      expect((await home.airlock(['status'])).exitCode).toBe(0);
    },
  );

  it('names file, line and column of what a converter throws', async () => {
    await using home = await makeTestHome();
    await home.configure(CONVERTERS_AUTO);
    await writeOwnConverter(home, 'thrower', {
      source: define("  throw new Error('the file has no header');"),
      extension: '.t',
    });
    await home.start();

    const { exitCode, stdout } = await home.airlock(['submit', '-', '--name', 'a.t', '--wait', '--json'], {
      stdin: 'x',
    });
    await using client = await home.connect();
    const { items } = await client.call('submission/list', {});
    const row = await client.call('submission/get', { submissionId: items[0]?.submissionId ?? '' });

    expect(exitCode).toBe(65);
    expect(documents(stdout)[0]).toMatchObject({ state: 'failed', error: { code: 'converter_failed' } });
    expect(row.failure).toMatchObject({
      message: expect.stringContaining('the file has no header'),
      file: 'converter.ts',
      line: 3,
    });
  });

  it('a converter that imports node:fs never runs: the gate refuses it and says what to use instead', async () => {
    await using home = await makeTestHome();
    await home.configure(CONVERTERS_AUTO);
    await writeOwnConverter(home, 'reader', {
      source: `import fs from 'node:fs';\n${define('  fs.readFileSync("/etc/passwd");')}`,
      extension: '.r',
    });
    const daemon = await home.start();

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
    await using home = await makeTestHome();
    await writeOwnConverter(home, 'mine', { source: define('  reports.start({});'), extension: '.m' });
    await home.start();

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
