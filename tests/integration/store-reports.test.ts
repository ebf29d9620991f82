// Large reports: in files of their own, durable before their row, and gone with it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { type LogFields, type Logger, silentLogger } from '../../src/core/logger.ts';
import { openStore } from '../../src/store/open.ts';
import type { NewReport, Store } from '../../src/store/types.ts';
import {
  converted,
  DELIVERED,
  makeAttached,
  makeAttachment,
  makeInput,
  makeReport,
  makeTemporaryFolder,
  reportId,
} from '../support/store.ts';

const INLINE = 128 * 1024;
const everyone = { kid: null };

const open = (directory: string, log: Logger = silentLogger): Promise<Store> =>
  openStore(
    { directory, clock: systemClock, log },
    { maxItems: 0, receipts: { keep: 86_400_000, count: 1_000 }, idempotencyMs: 86_400_000 },
  );

/** Paths of all files in the folders of large bodies. */
async function listFiles(directory: string): Promise<readonly string[]> {
  const entries = await Promise.all(
    ['incoming', 'payload'].map((folder) => readdir(join(directory, folder), { recursive: true, withFileTypes: true })),
  );
  return entries.flat().flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
}

async function convert(store: Store, ...reports: readonly NewReport[]): Promise<void> {
  await store.accept(makeInput());
  const claim = await store.claimSubmission();
  if (claim.kind !== 'claimed') throw new Error('nothing to convert');
  await store.endSubmission(claim.item.submissionId, converted(...reports));
}

async function claim(store: Store) {
  const outcome = await store.claimDelivery('folder', { isProbe: false });
  return outcome.kind === 'claimed' ? outcome.item : null;
}

/** A text of so many bytes, some of which take two. */
const textOf = (bytes: number): string => 'é' + 'x'.repeat(bytes - 2);

describe('a report', () => {
  it.each([
    ['one byte under the inline size', INLINE - 1, 0],
    ['of the inline size', INLINE, 0],
    ['one byte over the inline size', INLINE + 1, 1],
    ['of 5 MiB', 5 * 1024 ** 2, 1],
  ])(
    '%s is read and delivered as it was stored, also after a restart, and goes with its delivery',
    async (_title, size, files) => {
      using folder = makeTemporaryFolder();
      const body = textOf(size);
      {
        await using store = await open(folder.path);
        await convert(store, makeReport(1, { body }));
      }

      await using store = await open(folder.path);
      const between = await listFiles(folder.path);
      const read = await store.getReport(reportId(1), everyone);
      const item = await claim(store);
      const { bytes } = await store.stats();
      if (item !== null) await store.endDelivery(item, DELIVERED);

      expect(between).toHaveLength(files);
      expect([read?.body === body, read?.bytes, item?.body === body, item?.bytes]).toEqual([true, size, true, size]);
      expect(Object.keys(item ?? {})).not.toContain('bodyFile');
      expect(bytes.reports).toBe(size);
      expect(await listFiles(folder.path)).toEqual([]);
      expect(await store.stats()).toMatchObject({ items: 0, bytes: { reports: 0 } });
    },
  );

  it('that comes out again leaves no second file, and one that goes nowhere none at all', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);
    const report = makeReport(1, { body: textOf(200_000) });
    await convert(store, report);
    await convert(store, report);
    await convert(store, makeReport(2, { body: textOf(200_001), destinations: [] }));

    expect(await listFiles(folder.path)).toHaveLength(1);
    expect(await claim(store)).toMatchObject({ revision: 1 });
  });

  it('in its next revision replaces the file and keeps the attachments that it still names', async () => {
    using folder = makeTemporaryFolder();
    await using store = await open(folder.path);
    const attachment = makeAttachment('picture');
    await convert(store, makeAttached(1, [attachment], textOf(200_000)));
    const { body } = makeAttached(1, [attachment], textOf(200_001));
    await convert(store, makeReport(1, { body }));

    const item = await claim(store);

    expect(await listFiles(folder.path)).toHaveLength(1);
    expect(item).toMatchObject({ revision: 2, body, attachments: [{ sha256: attachment.sha256 }] });
  });

  it('is stored before the store is closed, when its end was called before', async () => {
    using folder = makeTemporaryFolder();
    {
      await using store = await open(folder.path);
      await store.accept(makeInput());
      await claimAndForget(store);
    }
    await using store = await open(folder.path);

    expect((await store.stats()).deliveries).toMatchObject({ ready: 1 });
  });
});

/** Claim what is there and end it with a large report, without waiting for that. */
async function claimAndForget(store: Store): Promise<void> {
  const outcome = await store.claimSubmission();
  if (outcome.kind !== 'claimed') throw new Error('nothing to convert');
  void store.endSubmission(outcome.item.submissionId, converted(makeReport(1, { body: textOf(300_000) })));
}

describe('the file of a report', () => {
  it.each([
    ['is missing', (path: string) => rm(path)],
    ['is cut', (path: string) => truncate(path, 199_999)],
    ['has other bytes', (path: string) => writeFile(path, textOf(199_999) + 'y')],
  ])('that %s makes its delivery corrupt, and the next one goes', async (_title, damage) => {
    using folder = makeTemporaryFolder();
    {
      await using store = await open(folder.path);
      await convert(store, makeReport(1, { body: textOf(200_000) }));
      await convert(store, makeReport(2));
    }
    const [path = ''] = await listFiles(folder.path);
    await damage(path);
    const lines: LogFields[] = [];
    await using store = await open(folder.path, { ...silentLogger, error: (fields) => void lines.push(fields) });

    const item = await claim(store);
    const damaged = await store.getReport(reportId(1), everyone);

    expect(item).toMatchObject({ reportId: reportId(2) });
    expect(damaged).toMatchObject({
      body: null,
      deliveries: [{ state: 'corrupt', lastError: expect.stringMatching(/^file_damaged: /) }],
    });
    expect(lines.length).toBeGreaterThan(0);
  });

  it('that no row names is deleted at the next start, and no other', async () => {
    using folder = makeTemporaryFolder();
    {
      await using store = await open(folder.path);
      await convert(store, makeReport(1, { body: textOf(200_000) }));
    }
    const [kept = ''] = await listFiles(folder.path);
    await writeFile(join(kept, '..', 'orphan.rep'), 'x');

    await using store = await open(folder.path);

    expect(await listFiles(folder.path)).toEqual([kept]);
    expect(await claim(store)).toMatchObject({ bytes: 200_000 });
  });

  it('that cannot be written is no reason to lose the report: it goes into the database', async () => {
    using folder = makeTemporaryFolder();
    const lines: LogFields[] = [];
    await using store = await open(folder.path, { ...silentLogger, error: (fields) => void lines.push(fields) });
    await rm(join(folder.path, 'incoming'), { recursive: true });
    const body = textOf(200_000);

    await convert(store, makeReport(1, { body }));

    expect((await claim(store))?.body === body).toBe(true);
    expect(lines).toMatchObject([{ reportId: reportId(1), err: { code: 'ENOENT' } }]);
  });
});

describe('kill -9 while a large report is stored', () => {
  it.each([
    ['after its file has its name, before its row', 'report-before-row', 0],
    ['after the commit, before the answer', 'report-before-answer', 1],
  ])('%s leaves all or nothing', async (_title, point, kept) => {
    using folder = makeTemporaryFolder();
    const directory = join(folder.path, point);
    const program = join(import.meta.dirname, '../support/report-program.ts');
    const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(createInterface({ input: child.stdout }), 'line');
    const written = await listFiles(directory);
    child.kill('SIGKILL');
    await once(child, 'close');

    await using store = await open(directory);

    expect(written).toHaveLength(1);
    expect(await listFiles(directory)).toHaveLength(kept);
    expect(await store.stats()).toMatchObject({
      submissions: { received: 1 - kept, converted: kept },
      deliveries: { ready: kept },
    });
    expect((await claim(store))?.bytes ?? null).toBe(kept === 1 ? 300_000 : null);
  });
});
