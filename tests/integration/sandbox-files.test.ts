import { open, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Body } from '../../src/core/body.ts';
import { hashBytes } from '../../src/sandbox/bundle.ts';
import {
  body,
  makeCompanion,
  makeJob,
  makeTaken,
  startTestPool,
  type TestPool,
  WALLS_NAME,
} from '../support/sandbox.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const MIB = 1024 ** 2;
const GENEROUS = { wall: 30_000, cpu: 20_000 };
const { signal } = new AbortController();

describe(`files of a conversion (${WALLS_NAME})`, () => {
  const stack = new AsyncDisposableStack();
  let pool: TestPool;
  let library: TestPool;
  let folder: string;
  beforeAll(async () => {
    pool = stack.use(await startTestPool());
    library = stack.use(await startTestPool({ guestEntry: 'src/guest/main.ts' }));
    folder = stack.use(await makeTemporaryFolder()).path;
  });
  afterAll(() => stack.disposeAsync());

  async function store(name: string, bytes: Uint8Array): Promise<Extract<Body, { kind: 'file' }>> {
    const file = path.join(folder, name);
    await writeFile(file, bytes);
    return { kind: 'file', path: file, size: bytes.length };
  }

  it('reads lines of a file of 20 MiB while the daemon holds a few pieces of it', async () => {
    const file = await store('lines', Buffer.alloc(20 * MIB, 'abcdefghijklmn\n'));
    const source = body('let n = 0; for (const line of host.lines()) n += 1; host.part(String(n));').replace(
      '(host, job)',
      '(input, reports, ctx)',
    );
    const counting = source
      .replace('host.lines()', 'input.lines()')
      .replace('host.part(String(n));', 'if (n !== 1398102) throw new Error(String(n));');
    const beforeBytes = process.memoryUsage().arrayBuffers;

    const { outcome } = await library.run(counting, { body: file, limits: GENEROUS });

    expect(outcome).toMatchObject({ kind: 'converted', encoding: 'utf-8' });
    expect(process.memoryUsage().arrayBuffers - beforeBytes).toBeLessThan(16 * MIB);
  });

  it('gives 8 MiB of bytes whole to a converter that asked for the large memory class', async () => {
    const bytes = Buffer.alloc(
      8 * MIB,
      Uint8Array.from({ length: 256 }, (_, at) => at),
    );
    const file = await store('bytes', bytes);
    const source = `import { defineConverter } from 'airlock/converter';
      export default defineConverter({ convert(input) {
        const all = input.bytes();
        if (all.length !== ${bytes.length} || all[255] !== 255 || all[${bytes.length - 1}] !== 255) throw new Error('wrong bytes');
      } });`;

    const { outcome } = await library.run(source, { body: file, mode: 'bytes', limits: GENEROUS });

    expect(outcome).toMatchObject({ kind: 'converted', encoding: null });
  });

  it.each([
    ['shorter', (file: string) => truncate(file, 200_000), 'the stored file holds 200000 bytes, it had 400000'],
    [
      'longer',
      (file: string) => writeFile(file, Buffer.alloc(400_001)),
      'the stored file holds more than the 400000 bytes it had',
    ],
    ['gone', (file: string) => rm(file), 'the stored file is gone'],
  ])('ends as rejected when a file is %s than it was', async (_how, change, reason) => {
    const file = await store('changed', Buffer.alloc(400_000, 'x'));
    await change(file.path);

    for (const mode of ['lines', 'bytes'] as const) {
      const { outcome } = await pool.run(body("while (host.pull(0) !== '');"), { body: file, mode });
      expect(outcome).toEqual({
        kind: 'rejected',
        reason: `Cannot read the input: ${reason}`,
        line: null,
        column: null,
      });
    }
    expect((await pool.run(body("host.part('next')"))).taken.parts).toEqual(['next']);
  });

  it('ends as rejected when a file shrinks while it is read', async () => {
    const file = await store('shrinking', Buffer.alloc(400_000, 'x'));
    const { sink } = makeTaken();
    await using handle = await open(file.path, 'r+');
    let cut: Promise<void> = Promise.resolve();
    const log = (): void => void (cut = handle.truncate(200_000));
    const source = body(
      "host.pull(0); host.log(0, 'cut'); for (let i = 0; i < 4e5; i += 1) Math.sqrt(i); while (host.pull(0) !== '');",
    );
    const job = makeJob(source, { body: file, mode: 'bytes' });

    const outcome = await pool.pool.convert(job, { ...sink, log }, { signal });

    await cut;
    expect(outcome).toMatchObject({ kind: 'rejected' });
  });

  it('rejects when a file cannot be read at all, and the pool goes on', async () => {
    const job = makeJob(body('host.pull(0)'), { body: { kind: 'file', path: folder, size: 5 } });

    await expect(pool.pool.convert(job, makeTaken().sink, { signal })).rejects.toMatchObject({ code: 'EISDIR' });
    expect((await pool.run(body("host.part('next')"))).taken.parts).toEqual(['next']);
  });

  it('reads companions by index, in any order, each once and forwards', async () => {
    const large = await store('large', Buffer.alloc(300_000, 'l'));
    const companions = [
      makeCompanion('run.TXT', 'one\ntwo\n'),
      { name: 'large', body: large, sha256: hashBytes('') },
      makeCompanion('unread.txt', 'x'),
    ];
    const source = `import { defineConverter } from 'airlock/converter';
      export default defineConverter({ convert(input) {
        const [first, second, third] = input.companions;
        const said = [input.companions.length, first.name, first.stem, first.extension, first.size, third.size];
        const length = [...second.chunks()].join('').length;
        said.push(length, [...first.lines()].join('+'), [...input.lines()].join('+'));
        try { [...first.lines()]; } catch (error) { said.push(error.message); }
        throw new Error(said.join('|'));
      } });`;

    const { outcome } = await library.run(source, { companions });

    expect(outcome).toMatchObject({
      error: {
        message: '3|run.TXT|run|.txt|8|1|300000|one+two|a;b+1;2|Cannot read the file again: it is read once, forwards',
      },
    });
  });

  it('decodes each file by itself, interleaved as the converter reads', async () => {
    const companions = [
      { name: 'latin', body: { kind: 'inline', bytes: Uint8Array.of(0xe9) }, sha256: '' } as const,
      makeCompanion('utf8', 'é€'),
    ];
    const source = body("host.part([host.pull(2), host.pull(0), host.pull(1), host.pull(2), host.pull(1)].join('|'))");

    const { taken } = await pool.run(source, { companions, bytes: Buffer.from('ü') });

    expect(taken.parts).toEqual(['é€|ü|é||']);
  });
});
