import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isRunning } from '../../../../src/cli/background/is-running.ts';

describe('isRunning()', () => {
  it('is true for this process, and false for one that is gone', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    const { pid = 0 } = child;
    await once(child, 'exit');

    expect([isRunning(process.pid), isRunning(pid)]).toEqual([true, false]);
  });

  it.runIf(process.platform === 'linux')('is false for one that has ended and was not waited for', async () => {
    // The shell becomes a program that never waits for its children.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = await once(parent.stdout, 'data');
    const pid = Number(String(text));

    await expect.poll(() => isRunning(pid)).toBe(false);

    expect(process.kill(pid, 0)).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });
});
