// What commands tell when things go differently for parts of the work, through the real program.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
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
