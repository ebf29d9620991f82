import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { canonicalReport, submitText, until, watsAt, writeToken } from '../support/e2e.ts';
import { startSink } from '../support/sink/client.ts';

const entry = path.resolve(import.meta.dirname, '../../bin/airlock.cjs');

describe.skipIf(process.platform === 'win32')(
  'Ctrl-C that reaches the daemon by itself and through its launcher',
  () => {
    it('is one wish to stop: the daemon drains instead of ending by force', async () => {
      await using sink = await startSink({ mode: { kind: 'hang' } });
      await using home = await makeTestHome();
      await home.configure({ ...watsAt(sink.url), daemon: { drain: '1 s' } });
      await writeToken(home);
      await using stack = new AsyncDisposableStack();
      const child = spawn(process.execPath, [entry, '--home', home.home, 'run'], {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
        env: { ...process.env, AIRLOCK_LAUNCHER: '1' },
      });
      const exit = once(child, 'exit');
      stack.defer(async () => void (child.kill('SIGKILL') && (await exit)));
      let log = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
      expect((await home.airlock(['wait', '--ready'])).exitCode).toBe(0);
      await using client = await home.connect();
      const submissionId = await submitText(client, canonicalReport());
      await until(
        client,
        () => client.call('submission/get', { submissionId }),
        ({ reports }) => reports[0]?.state === 'inflight',
      );

      child.kill('SIGINT');
      await client.closed;
      child.kill('SIGINT');

      expect(await exit).toEqual([0, null]);
      expect(log).toContain('"msg":"drained"');
    });
  },
);

it('a daemon that is told of a launcher that is not there runs and stops as any other', async () => {
  await using home = await makeTestHome();

  const running = home.airlock(['run'], { env: { AIRLOCK_LAUNCHER: '1' } });
  const ready = await home.airlock(['wait', '--ready']);
  const stopped = await home.airlock(['stop']);

  expect([ready.exitCode, stopped.exitCode, (await running).exitCode]).toEqual([0, 0, 0]);
});
