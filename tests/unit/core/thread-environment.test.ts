import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const MODULE = path.resolve(import.meta.dirname, '../../../src/core/thread-environment.ts');

/** What a thread finds, in a process whose launcher has said `launch`. */
async function tell(launch: string): Promise<unknown> {
  const text = `
    import { enableCompileCache } from 'node:module';
    import { Worker } from 'node:worker_threads';
    import { threadEnvironment } from ${JSON.stringify(MODULE)};
    ${launch}
    const tell = 'console.log(JSON.stringify([process.env, process.getBuiltinModule("node:module").getCompileCacheDir() ?? null]))';
    new Worker(tell, { eval: true, env: threadEnvironment() });
  `;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', text];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env: { SECRET: 'x' } });
  return JSON.parse(stdout);
}

describe('threadEnvironment()', () => {
  it('gives a thread nothing of the process', async () => {
    expect(await tell('')).toEqual([{}, null]);
  });

  it('gives a thread the folder of compiled modules, and nothing else', async () => {
    await using folder = await makeTemporaryFolder();

    expect(await tell(`enableCompileCache(${JSON.stringify(folder.path)});`)).toEqual([
      { NODE_COMPILE_CACHE: folder.path },
      expect.stringContaining(folder.path),
    ]);
  });
});
