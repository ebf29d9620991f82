import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DestinationConfig, destinationSchema } from '../../src/config/schema/destinations.ts';
import { systemClock } from '../../src/core/clock.ts';
import { toKeyId, toReportId } from '../../src/core/ids.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { Secret } from '../../src/core/secret.ts';
import type { DeliveryState } from '../../src/core/states.ts';
import { type Delivery, startDelivery } from '../../src/delivery/uploader.ts';
import { reportSchema } from '../../src/report/schema.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/types.ts';
import { startSink } from '../support/sink/client.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const kid = toKeyId('local');
const DAY = 86_400_000;

function openTestStore(path: string): Promise<Store> {
  return openStore(
    { directory: join(path, 'queue'), clock: systemClock, log: silentLogger },
    { maxItems: 1_000, receipts: { keep: 30 * DAY, count: 1_000 }, idempotencyMs: DAY },
  );
}

function startTestDelivery(
  store: Store,
  path: string,
  destinations: Readonly<Record<string, DestinationConfig>>,
): Promise<Delivery> {
  return startDelivery(
    {
      store,
      clock: systemClock,
      log: silentLogger,
      random: () => 0.5,
      resolveSecret: async () => new Secret('dG9rZW4='),
      resolvePath: (relative) => join(path, relative),
    },
    destinations,
  );
}

/** Fast waits: the real ones are minutes. */
function watsConfig(url: string, extra: Readonly<Record<string, unknown>> = {}): DestinationConfig {
  return destinationSchema.parse({
    type: 'wats',
    url,
    token: { secret: 'wats-token' },
    allowHosts: ['127.0.0.1'],
    retry: { first: '100 ms', max: '100 ms', probe: '100 ms', maxRetryAfter: '200 ms' },
    ...extra,
  });
}

const folderConfig = destinationSchema.parse({ type: 'directory' });

/** Converters return what conversion completes to this: every default filled in. */
function makeCanonical(id: string): string {
  const report = reportSchema.parse({
    schema: 'airlock.report/1',
    id,
    kind: 'test',
    outcome: 'passed',
    unit: { partNumber: 'PN-1', serialNumber: 'SN-1', revision: 'A' },
    process: { code: 10 },
    station: { name: 'station-7', location: 'lab', purpose: 'test' },
    startedAt: '2026-01-30T13:00:00+01:00',
    root: { kind: 'sequence', name: 'Main', outcome: 'passed' },
    source: {
      format: 'csv',
      file: 'a.csv',
      bytes: 1,
      sha256: '0'.repeat(64),
      encoding: null,
      converter: null,
      submittedBy: 'local',
      receivedAt: '2026-01-30T13:00:00+01:00',
      host: 'h',
      warnings: [],
    },
  });
  return JSON.stringify(report);
}

/** Take one file in and convert it into reports for these destinations, as intake and conversion would. */
async function addReports(store: Store, count: number, destinations: readonly string[]): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await store.accept({
    kid,
    idempotencyKey: randomUUID(),
    name: 'a.txt',
    companions: [],
    origin: null,
    body: { kind: 'inline', bytes: Buffer.from(randomUUID()) },
    converter: null,
    arguments: {},
    priority: 5,
    group: null,
  });
  const claim = await store.claimSubmission();
  if (claim.kind === 'none') throw new Error('Cannot add reports: nothing to claim');
  const reports = ids.map((id) => ({
    reportId: toReportId(id),
    kind: 'test',
    outcome: 'passed',
    partNumber: 'PN-1',
    serialNumber: 'SN-1',
    body: makeCanonical(id),
    attachments: [],
    destinations,
  }));
  await store.endSubmission(claim.item.submissionId, {
    state: 'converted',
    reports,
    converter: null,
    log: [],
    warnings: [],
  });
  return ids;
}

/** Resolves when so many deliveries are in that state. Waits for the store's own announcements. */
async function reached(store: Store, state: DeliveryState, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = async (): Promise<void> => {
    if ((await store.stats()).deliveries[state] === count) resolve();
  };
  using _subscription = store.changes.subscribe(() => void look());
  await look();
  await promise;
}

describe('startDelivery() with the real store', () => {
  it('delivers to a folder, byte by byte', async () => {
    await using home = await makeTemporaryFolder();
    await using store = await openTestStore(home.path);
    await using _delivery = await startTestDelivery(store, home.path, { folder: folderConfig });

    const ids = await addReports(store, 3, ['folder']);
    await reached(store, 'delivered', 3);

    const [day = ''] = await readdir(join(home.path, 'delivered'));
    const files = await readdir(join(home.path, 'delivered', day));
    expect(files.sort()).toEqual(ids.map((id) => `${id}.json`).sort());
    const [id = ''] = ids;
    expect(await readFile(join(home.path, 'delivered', day, `${id}.json`), 'utf8')).toBe(makeCanonical(id));
  });

  it('delivers after a restart what was acknowledged before it, to the destination that then exists', async () => {
    await using home = await makeTemporaryFolder();
    {
      await using store = await openTestStore(home.path);
      await addReports(store, 2, ['folder']);
    }
    await using store = await openTestStore(home.path);
    await using _delivery = await startTestDelivery(store, home.path, { folder: folderConfig });

    await reached(store, 'delivered', 2);
  });

  it('lets reports wait for a destination that is not enabled, and holds those of one that is gone', async () => {
    await using home = await makeTemporaryFolder();
    await using store = await openTestStore(home.path);
    const off = { ...folderConfig, enabled: false };
    await addReports(store, 1, ['off', 'gone', 'folder']);

    await using _delivery = await startTestDelivery(store, home.path, { off, folder: folderConfig });
    await reached(store, 'delivered', 1);

    expect((await store.stats()).deliveries).toMatchObject({ ready: 1, held: 1, delivered: 1 });
  });

  it('kills a report over maxBytes and nothing else', async () => {
    await using home = await makeTemporaryFolder();
    await using store = await openTestStore(home.path);
    const narrow = { ...folderConfig, maxBytes: 10 };
    await using _delivery = await startTestDelivery(store, home.path, { narrow });

    const [id = ''] = await addReports(store, 1, ['narrow']);
    await reached(store, 'dead', 1);

    const report = await store.getReport(toReportId(id), { kid: null });
    expect(report?.deliveries).toMatchObject([{ state: 'dead', lastError: expect.stringContaining('maxBytes') }]);
    expect((await store.destinations()).filter(({ state }) => state !== 'up')).toEqual([]);
  });
});

describe('startDelivery() with the real store, the real WSJF writer and a server in another process', () => {
  it('keeps the words of a refusal with the dead report', async () => {
    await using home = await makeTemporaryFolder();
    await using store = await openTestStore(home.path);
    await using sink = await startSink({ mode: { kind: 'status', status: 400, body: 'processCode unknown' } });
    await using _delivery = await startTestDelivery(store, home.path, { wats: watsConfig(sink.url) });

    const [id = ''] = await addReports(store, 1, ['wats']);
    await reached(store, 'dead', 1);

    const report = await store.getReport(toReportId(id), { kid: null });
    expect(report?.deliveries).toMatchObject([{ state: 'dead', answer: 'processCode unknown' }]);
  });

  it('holds at 401, probes one at a time, and delivers all once the token is right', async () => {
    await using home = await makeTemporaryFolder();
    await using store = await openTestStore(home.path);
    await using sink = await startSink({ mode: { kind: 'status', status: 401 } });
    await addReports(store, 10, ['wats']);
    await using _delivery = await startTestDelivery(store, home.path, { wats: watsConfig(sink.url) });
    await expect
      .poll(() => store.destinations())
      .toMatchObject([{ name: 'wats', state: 'held', reason: 'unauthorized' }]);

    await sink.setMode({ kind: 'id' });
    await reached(store, 'delivered', 10);

    await expect.poll(() => store.destinations()).toMatchObject([{ state: 'up', reason: null }]);
    expect((await store.stats()).deliveries).toMatchObject({ dead: 0, held: 0 });
  });

  it('survives an outage: nothing dead, nothing lost, every id delivered at least once', async () => {
    await using home = await makeTemporaryFolder();
    await using store = await openTestStore(home.path);
    await using sink = await startSink({ mode: { kind: 'close' } });
    const ids = await addReports(store, 20, ['wats']);
    await using _delivery = await startTestDelivery(store, home.path, { wats: watsConfig(sink.url) });
    await expect.poll(() => store.destinations()).toMatchObject([{ name: 'wats', state: 'waiting' }]);
    const during = await sink.requests();

    await sink.setMode({ kind: 'id' });
    await reached(store, 'delivered', 20);

    // Probed with the same few again and again: the others were not even tried.
    expect(new Set(during.map(({ reportId }) => reportId)).size).toBeLessThan(10);
    const delivered = new Set((await sink.requests()).slice(during.length).map(({ reportId }) => reportId));
    expect(ids.every((id) => delivered.has(id))).toBe(true);
  });

  it('takes a run of twenty refusals for a fault of the destination: nothing stays dead', async () => {
    await using home = await makeTemporaryFolder();
    await using store = await openTestStore(home.path);
    await using sink = await startSink({ mode: { kind: 'status', status: 422, body: 'no' } });
    await addReports(store, 30, ['wats']);
    await using _delivery = await startTestDelivery(store, home.path, {
      wats: watsConfig(sink.url, { retry: { probe: '1 h' } }),
    });

    await expect.poll(() => store.destinations()).toMatchObject([{ state: 'held', reason: 'refusal_run' }]);
    await expect.poll(async () => (await store.stats()).deliveries).toMatchObject({ dead: 0, inflight: 0 });
  });

  it('gives an upload back at the end of the drain, and delivers it with the same id after a restart', async () => {
    await using home = await makeTemporaryFolder();
    await using sink = await startSink({ mode: { kind: 'hang' } });
    let id = '';
    {
      await using store = await openTestStore(home.path);
      const delivery = await startTestDelivery(store, home.path, { wats: watsConfig(sink.url) });
      [id = ''] = await addReports(store, 1, ['wats']);
      await expect.poll(async () => (await sink.requests()).length).toBe(1);
      const stop = new AbortController();
      const drained = delivery.drain({ signal: stop.signal });
      stop.abort(new Error('deadline'));
      await drained;
      await delivery[Symbol.asyncDispose]();
      expect((await store.stats()).deliveries).toMatchObject({ ready: 1, inflight: 0 });
    }
    await sink.setMode({ kind: 'id' });
    await using store = await openTestStore(home.path);
    await using _delivery = await startTestDelivery(store, home.path, { wats: watsConfig(sink.url) });

    await reached(store, 'delivered', 1);

    expect((await sink.requests()).map(({ reportId }) => reportId)).toEqual([id, id]);
  });
});
