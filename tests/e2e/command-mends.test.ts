// What commands tell when things go differently for parts of the work, through the real program.

import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ANSWERS, type AnsweringCommand } from '../../src/cli/answers.ts';
import { makeBackgroundHome } from '../support/background.ts';
import { makeTestHome } from '../support/daemon.ts';
import { canonicalReport, documents, watsAt, writeToken } from '../support/e2e.ts';
import { eventually } from '../support/processes.ts';
import { startSink } from '../support/sink/client.ts';

/** `destination state` of every report that a line of `submit --json` names. */
function fates(stdout: string): readonly string[] {
  const reports = documents(stdout).flatMap((line) => line['reports'] as { destination: string; state: string }[]);
  return reports.map(({ destination, state }) => `${destination} ${state}`).toSorted();
}

describe('airlock submit --wait with several destinations', () => {
  it('tells the state at each, exits with 2 when one refuses, and waits on while another is open', async () => {
    await using refusing = await startSink({ mode: { kind: 'status', status: 400 } });
    await using slow = await startSink();
    await using home = await makeTestHome();
    await writeToken(home);
    const { wats } = { ...watsAt(refusing.url).destinations };
    const { wats: second } = { ...watsAt(slow.url).destinations };
    await home.configure({
      destinations: { folder: { type: 'directory' }, ...(wats && { refusing: wats }), ...(second && { slow: second }) },
    });
    await home.start();
    const submit = (serial: string, timeout: string) =>
      home.airlock(['submit', '-', '--name', 'a.json', '--wait', '--timeout', timeout, '--json'], {
        stdin: canonicalReport(serial),
      });

    const some = await submit('1', '60 s');
    await slow.setMode({ kind: 'hold' });
    const open = await submit('2', '3 s');

    expect([some.exitCode, fates(some.stdout)]).toEqual([2, ['folder delivered', 'refusing dead', 'slow delivered']]);
    expect([open.exitCode, fates(open.stdout)]).toEqual([124, ['folder delivered', 'refusing dead', 'slow inflight']]);
  });
});

describe('airlock submit --wait while the daemon is killed', () => {
  it('goes on with the next daemon, and names every file that was taken when there is none', async () => {
    await using sink = await startSink({ mode: { kind: 'hold' } });
    await using home = await makeTestHome();
    await writeToken(home);
    await home.configure(watsAt(sink.url));
    const daemon = await home.start();
    const files = ['a', 'b'].map((name) => path.join(home.home, `${name}.json`));
    for (const file of files) writeFileSync(file, canonicalReport(path.basename(file)));
    const untilSent = (count: number) => eventually(async () => (await sink.requests()).length >= count);

    const lasting = home.airlock(['submit', ...files, '--wait', '--json']);
    await untilSent(2);
    await daemon.end('SIGKILL');
    await sink.setMode({ kind: 'id' });
    const next = await home.start();
    const done = await lasting;
    await sink.setMode({ kind: 'hold' });
    for (const file of files) writeFileSync(file, canonicalReport(`${path.basename(file)} again`));
    const sentBefore = (await sink.requests()).length;
    const left = home.airlock(['submit', ...files, '--wait', '--timeout', '5 s', '--json']);
    await untilSent(sentBefore + 2);
    await next.end('SIGKILL');
    const { exitCode, stdout } = await left;

    expect([done.exitCode, fates(done.stdout)]).toEqual([0, ['wats delivered', 'wats delivered']]);
    expect(exitCode).toBe(124);
    expect(documents(stdout)).toEqual([
      ...files.map((file) => expect.objectContaining({ file, submissionId: expect.any(String) })),
      { schemaVersion: 1, error: expect.objectContaining({ code: 'deadline_exceeded' }) },
    ]);
  });
});

describe('airlock with --json', () => {
  it('answers as schemas/cli.v1.json says, for the commands that need files, time or a daemon of their own', {
    timeout: 240_000,
  }, async () => {
    await using home = await makeBackgroundHome();
    const file = path.join(home.home, 'a.json');
    writeFileSync(file, canonicalReport());
    const answer = async (name: AnsweringCommand, ...rest: readonly string[]) => {
      const { stdout } = await home.airlock([...name.split(' '), ...rest, '--json']);
      const lines = documents(stdout);
      expect([name, lines.length > 0]).toEqual([name, true]);
      // zod leaves out what it does not know.
      for (const line of lines) expect([name, ANSWERS[name].schema.parse(line)]).toEqual([name, line]);
      return lines;
    };

    // The body of a report is kept as long as one destination has not got it.
    await home.configure({ destinations: { later: { type: 'directory', enabled: false } } });
    await answer('restart');
    const [submitted] = await answer('submit', file, '--wait', '--timeout', '5 s');
    const [report] = (submitted?.['reports'] ?? []) as { id: string }[];
    await answer('report show', report?.id ?? '');
    await answer('converter probe', file);
    await answer('intake rescan');
    await answer('describe');
    await answer('doctor');
    await answer('convert', file);
    await answer('convert', file, '--out', path.join(home.home, 'out'));
    await answer('convert', path.join(home.home, 'none.json'));
    await answer('demo');
  });
});

describe('airlock submit', () => {
  it('says that a file was taken in before, and refuses one name for several files', async () => {
    await using home = await makeTestHome();
    await home.start();
    const files = ['a', 'b'].map((name) => path.join(home.home, `${name}.json`));
    for (const file of files) writeFileSync(file, canonicalReport(path.basename(file)));
    const key = randomUUID();
    const submit = (...argv: readonly string[]) => home.airlock(['submit', ...argv, '--idempotency-key', key]);

    const first = await submit(files[0] ?? '', '--json');
    const again = await submit(files[0] ?? '', '--json');
    const words = await submit(files[0] ?? '', '--wait');
    const named = await submit(path.join(home.home, '*.json'), '--name', 'c.json');

    const { submissionId } = documents(first.stdout)[0] ?? {};
    expect(documents(first.stdout)[0]).not.toHaveProperty('duplicate');
    expect(documents(again.stdout)[0]).toMatchObject({ submissionId, duplicate: true });
    expect(words.stdout).toContain('taken in before under the same idempotency key');
    expect(named).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('--name') });
  });
});

describe('airlock start', () => {
  it('that takes too long names the process, its log and what that says, and leaves it to go on', async () => {
    await using home = await makeBackgroundHome();

    const late = await home.airlock(['start', '--timeout', '1 ms', '--json']);
    const ready = await home.airlock(['wait', '--ready']);
    const status = documents((await home.airlock(['status', '--json'])).stdout)[0];

    const log = path.join(home.places.log, 'daemon.log');
    expect(late.exitCode).toBe(124);
    expect(documents(late.stdout)).toEqual([
      {
        schemaVersion: 1,
        error: expect.objectContaining({
          code: 'deadline_exceeded',
          message: `Cannot start: nobody answered in time; process ${String(status?.['pid'])} goes on, its log is ${log}`,
        }),
      },
    ]);
    expect(ready.exitCode).toBe(0);
  });
});

describe('airlock converter check', () => {
  it('says that the configuration has errors where a converter is not found because of them', async () => {
    await using home = await makeTestHome();
    await home.configure({ queue: { maxItems: -1 } });

    const hidden = await home.airlock(['converter', 'check', 'own', '--json']);
    const shipped = await home.airlock(['converter', 'check', 'csv-semicolon', '--json']);

    expect(hidden.exitCode).toBe(78);
    expect(documents(hidden.stdout)).toEqual([
      {
        schemaVersion: 1,
        error: expect.objectContaining({
          code: 'config_invalid',
          details: [expect.objectContaining({ path: 'queue.maxItems' })],
        }),
      },
    ]);
    expect(shipped.exitCode).toBe(0);
  });
});
