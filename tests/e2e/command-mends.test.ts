// What commands tell when things go differently for parts of the work, through the real program.

import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { canonicalReport, documents, watsAt, writeToken } from '../support/e2e.ts';
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
