import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const launcher = path.resolve(import.meta.dirname, '../../bin/airlock.cjs');

/** The first time it asks to be started again, deaf to signals as a daemon is at its very end; after that it ends with 99. */
const CHILD = `#!/bin/sh
trap '' TERM INT
if [ -e ran ]; then exit 99; fi
touch ran
# The launcher listens to signals a moment after it has started its child.
sleep 0.3
echo up
sleep 0.5
exit 86
`;

/** A package whose Node is {@link CHILD}, launched by a Node that takes itself for an old one. */
function launchIn(folder: string) {
  const bundled = path.join(folder, 'node_modules', `node-${process.platform}-${process.arch}`);
  mkdirSync(path.join(bundled, 'bin'), { recursive: true });
  mkdirSync(path.join(folder, 'bin'));
  copyFileSync(launcher, path.join(folder, 'bin', 'airlock.cjs'));
  writeFileSync(path.join(bundled, 'package.json'), '{}');
  writeFileSync(path.join(bundled, 'bin', 'node'), CHILD, { mode: 0o755 });
  const old = path.join(folder, 'old.cjs');
  writeFileSync(old, "Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });");
  return spawn(process.execPath, ['--require', old, path.join(folder, 'bin', 'airlock.cjs'), 'run'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe.skipIf(process.platform === 'win32')('the launcher', () => {
  it('starts a daemon again that asks for it', async () => {
    await using folder = await makeTemporaryFolder();
    const exit = once(launchIn(folder.path), 'exit');

    expect(await exit).toEqual([99, null]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('starts none again once it was told to stop by %s', async (signal) => {
    await using folder = await makeTemporaryFolder();
    const child = launchIn(folder.path);
    const exit = once(child, 'exit');
    await once(child.stdout, 'data');

    child.kill(signal);

    expect(await exit).toEqual([0, null]);
  });
});

it.skipIf(process.platform === 'win32')(
  'a restart leaves it to whoever looks after the daemon when its Node was taken away by an update',
  async () => {
    await using home = await makeTestHome();
    const node = path.join(home.home, 'node');
    copyFileSync(process.execPath, node);
    const child = spawn(node, [launcher, '--home', home.home, 'run'], {
      stdio: 'ignore',
      env: { PATH: process.env['PATH'] ?? '' },
    });
    await using stack = new AsyncDisposableStack();
    const exit = once(child, 'exit');
    stack.defer(async () => void (child.kill('SIGKILL') && (await exit)));
    await home.airlock(['wait', '--ready']);
    await using client = await home.connect('local');
    rmSync(node);

    await client.call('admin/restart', {});

    expect(await exit).toEqual([75, null]);
  },
);
