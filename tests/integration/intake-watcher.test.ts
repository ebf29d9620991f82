import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startWatcher } from '../../src/intake/watcher.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

describe('startWatcher()', () => {
  it('gives no hint of a target folder whose name is written in another case, where case does not count', async () => {
    await using folder = await makeTemporaryFolder();
    const { path: root } = folder;
    await mkdir(join(root, 'DONE', 'line'), { recursive: true });
    const hints: string[] = [];
    const ready = Promise.withResolvers<void>();
    const last = Promise.withResolvers<void>();
    await using _watcher = startWatcher({
      root,
      isRecursive: true,
      skip: [join(root, 'Done')],
      onHint: (path) => {
        hints.push(path);
        if (path === 'last') last.resolve();
      },
      onError: ready.reject,
      onReady: ready.resolve,
      platform: 'darwin',
    });
    await ready.promise;

    await writeFile(join(root, 'DONE', 'a'), '');
    await writeFile(join(root, 'DONE', 'line', 'b'), '');
    await writeFile(join(root, 'first'), '');
    await writeFile(join(root, 'last'), '');
    await last.promise;

    expect([...new Set(hints)].toSorted()).toEqual(['first', 'last']);
  });
});
