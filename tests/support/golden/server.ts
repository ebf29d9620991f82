// The server of the golden transcripts: the real one with real methods on a real socket; time, randomness and what is stored are fixed.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { z } from 'zod';
import { ipcSchema } from '../../../src/config/schema/ipc.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { makeEventBus } from '../../../src/core/event-bus.ts';
import { toKeyId, toReportId, toSubmissionId } from '../../../src/core/ids.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { type Scope, SCOPES } from '../../../src/core/scopes.ts';
import { Secret } from '../../../src/core/secret.ts';
import { handleEventsSubscribe } from '../../../src/handlers/events-subscribe.ts';
import { handleEventsUnsubscribe } from '../../../src/handlers/events-unsubscribe.ts';
import { hashOnly } from '../../../src/handlers/hash-only.ts';
import { handlePing } from '../../../src/handlers/ping.ts';
import { handleReportGet } from '../../../src/handlers/report-get.ts';
import { handleReportSubmit } from '../../../src/handlers/report-submit.ts';
import { makeKeyRing } from '../../../src/link/keys.ts';
import { openEndpoint } from '../../../src/link/listen-endpoint.ts';
import { makeNodeTransport } from '../../../src/link/transport-node.ts';
import { type BoundMethod, bind } from '../../../src/protocol/handler.ts';
import { METHODS } from '../../../src/protocol/registry.ts';
import { startServer } from '../../../src/server/listen.ts';
import type { ServerChange } from '../../../src/server/server-events.ts';
import type { AcceptOutcome, Store } from '../../../src/store/types.ts';
import { makeManualClock } from '../manual-clock.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { LARGE_REPORT_ID, SUBMISSION_IDS, type TranscriptMeta } from './transcript.ts';

const REPORT_LIMIT_BYTES = 1_000_000;

/** The same bytes each time they are drawn: in which order the server draws is nobody's affair. */
const makeRandom =
  (seed: string) =>
  (size: number): Buffer =>
    createHash('sha512').update(seed).digest().subarray(0, size);

/** A canonical report whose answer is just over 128 KiB. */
function largeBody(): string {
  return JSON.stringify({ schema: 'airlock.report/1', text: 'µ'.repeat(66_000) });
}

/** What `report/submit` and `report/get` ask of a store: files by their key, and one large report. */
function makeStore(): Pick<Store, 'accept' | 'findFirst' | 'openUpload' | 'getReport'> {
  const known = new Map<string, { readonly index: number; readonly sha256: string; readonly bytes: number }>();

  function answer(key: string, sha256: string, bytes: number): AcceptOutcome {
    const before = known.get(key);
    const index = before?.index ?? known.size;
    const submissionId = toSubmissionId(SUBMISSION_IDS[index] ?? '');
    if (before !== undefined && before.sha256 !== sha256) return { kind: 'conflict', submissionId };
    known.set(key, { index, sha256, bytes });
    return { kind: 'accepted', submissionId, sha256, bytes, duplicate: before !== undefined };
  }

  return {
    openUpload: hashOnly.openUpload,
    findFirst: ({ idempotencyKey }) => {
      const before = known.get(idempotencyKey);
      const again = ({ sha256 }: { readonly sha256: string }) => answer(idempotencyKey, sha256, before?.bytes ?? 0);
      return Promise.resolve(before === undefined ? null : { ...before, again });
    },
    accept: ({ idempotencyKey, name, body }) => {
      if (name === 'full.csv') return Promise.resolve({ kind: 'queue_full', reason: 'count', retryAfterMs: 420 });
      const bytes = body.kind === 'inline' ? body.bytes : null;
      const sha256 = body.kind === 'inline' ? createHash('sha256').update(body.bytes).digest('hex') : body.sha256;
      return Promise.resolve(
        answer(idempotencyKey, sha256, bytes?.byteLength ?? (body.kind === 'inline' ? 0 : body.size)),
      );
    },
    getReport: (reportId) =>
      Promise.resolve(
        reportId === LARGE_REPORT_ID
          ? {
              reportId: toReportId(reportId),
              submissionId: toSubmissionId(SUBMISSION_IDS[0] ?? ''),
              revision: 1,
              kind: 'test',
              outcome: 'passed',
              partNumber: 'PN-1',
              serialNumber: 'SN-1',
              bytes: 132_044,
              createdAtUnixMs: 1_700_000_000_000,
              body: largeBody(),
              deliveries: [],
            }
          : null,
      ),
  };
}

function makeMethods(clock: ReturnType<typeof makeManualClock>): Map<string, BoundMethod> {
  const store = makeStore();
  const boot = { bootId: 'golden-boot', instance: 'default', version: '0.0.0', pid: 1, uptimeMs: clock.monotonicMs };
  const limitBytes = REPORT_LIMIT_BYTES;
  const methods = [
    bind(METHODS.ping, handlePing, { boot }),
    bind(METHODS['report/submit'], handleReportSubmit, { store, clock, limitBytes }),
    bind(METHODS['report/get'], handleReportGet, { store }),
    bind(METHODS['events/subscribe'], handleEventsSubscribe, {}),
    bind(METHODS['events/unsubscribe'], handleEventsUnsubscribe, {}),
  ];
  return new Map(methods.map((method) => [method.spec.name, method]));
}

/** What a transcript can have done to the server beside what its client sends. */
export type GoldenServer = AsyncDisposable & {
  /** Where it really listens; its proofs name {@link TranscriptMeta.endpoint}. */
  readonly socketPath: string;
  readonly pass: (ms: number) => void;
  readonly publish: (change: ServerChange) => void;
  readonly drain: () => void;
  /** The key is void. */
  readonly revoke: () => void;
};

/**
 * Start the server of one transcript.
 *
 * @param meta - Its first line.
 */
export async function startGoldenServer(meta: TranscriptMeta): Promise<GoldenServer> {
  const folder = await makeTemporaryFolder();
  const socketPath = join(folder.path, 'golden.sock');
  const clock = makeManualClock();
  const bus = makeEventBus<ServerChange>(() => undefined);
  let lastChange = 0;
  const known: readonly Scope[] = SCOPES;
  const key = {
    kid: toKeyId(meta.key.kid),
    secret: new Secret(meta.key.key),
    scopes: known.filter((scope) => meta.key.scopes.includes(scope)),
  };
  const ring = makeKeyRing([key]);
  const about = { instance: meta.instance, bootId: 'golden-boot', version: '0.0.0' };
  const discovery = { ...about, endpoint: socketPath, pid: 1, startedAt: '2023-11-14T22:13:20.000Z' };
  const server = await startServer(
    {
      ...about,
      clock,
      log: silentLogger,
      open: (options) =>
        openEndpoint(
          { transport: makeNodeTransport({ clock: systemClock }) },
          { run: folder.path, discovery },
          options,
        ),
      endpoint: meta.endpoint,
      keys: ring,
      methods: makeMethods(clock),
      events: {
        source: bus,
        snapshot: (_viewer, topics) =>
          Promise.resolve({
            asOfChange: lastChange,
            topics: Object.fromEntries(topics.map((topic) => [topic, { received: 1 }])),
          }),
        watch: () => ({ refresh: () => Promise.resolve(), [Symbol.dispose]: () => undefined }),
        read: () => ({}),
      },
      random: makeRandom(`airlock golden ${meta.name}`),
      reportLimitBytes: REPORT_LIMIT_BYTES,
    },
    ipcSchema.parse(meta.ipc satisfies z.input<typeof ipcSchema>),
  );
  return {
    socketPath,
    pass: clock.advance,
    publish: (change) => {
      lastChange = change.changeSeq ?? lastChange;
      bus.publish(change);
    },
    revoke: () => void ring.revoke(key),
    drain: () => void server.drain({ graceMs: 10_000, reason: 'shutdown', retryAfterMs: 1000 }),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
