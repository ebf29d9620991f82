import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDocPrograms } from '../support/doc-code.ts';
import { canonicalReport } from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

// Inside the checkout: there `airlock` is this package.
const folder = path.resolve(import.meta.dirname, '../../build/doc-run');

describe('docs/client-library.md', () => {
  const shared = shareDaemon();

  async function run(code: string, name: string) {
    await using files = await makeTemporaryFolder();
    await writeFile(path.join(files.path, 'result.json'), canonicalReport(`SN-${name}`));
    await writeFile(path.join(files.path, 'big.json'), canonicalReport(`SN-big-${name}`).padEnd(3_000_000));
    await mkdir(folder, { recursive: true });
    const program = path.join(folder, `${name}.ts`);
    await writeFile(program, code);
    const env = { PATH: process.env['PATH'] ?? '', AIRLOCK_HOME: shared.home.home };
    const child = spawn(process.execPath, [program], { cwd: files.path, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = [child.stdout.setEncoding('utf8').toArray(), child.stderr.setEncoding('utf8').toArray()];
    const [exitCode] = await once(child, 'exit');
    await rm(program);
    return { exitCode, stdout: (await stdout).join(''), stderr: (await stderr).join('') };
  }

  it('has programs that run as they stand, and say what they say they do', async () => {
    const programs = readDocPrograms('docs/client-library.md').filter(({ runs }) => runs);
    const ends: unknown[] = [];
    for (const [index, { code }] of programs.entries()) ends.push(await run(code, `example-${index}`));

    expect(ends).toEqual(
      [
        /^airlock \d+\.\d+\.\d+ is (ready|degraded), \d+ reasons\n$/,
        /^[0-9a-f-]{36}, \d{3} bytes\n$/,
        /^converted \[[\s\S]*state: 'delivered'/,
        /^(\d+ %\n)*[0-9a-f]{64}\n$/,
        /^([0-9a-f-]{36} \w+\n){3}$/,
      ].map((stdout) => ({ exitCode: 0, stderr: '', stdout: expect.stringMatching(stdout) })),
    );
  });
});
