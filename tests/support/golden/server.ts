// The server of the golden transcripts: the real one with real methods, a real store and a real socket. Time and randomness are ours.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ipcSchema } from '../../../src/config/schema/ipc.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { makeEventBus } from '../../../src/core/event-bus.ts';
import { toKeyId } from '../../../src/core/ids.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { type Scope, SCOPES } from '../../../src/core/scopes.ts';
import { Secret } from '../../../src/core/secret.ts';
import { handleEventsSubscribe } from '../../../src/handlers/events-subscribe.ts';
import { handleEventsUnsubscribe } from '../../../src/handlers/events-unsubscribe.ts';
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
import type { Store } from '../../../src/store/types.ts';
import { type ManualClock, makeManualClock } from '../manual-clock.ts';
import type { GoldenStores } from './stores.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import type { TranscriptMeta } from './transcript.ts';

const REPORT_LIMIT_BYTES = 1_000_000;

/** The same bytes each time they are drawn: in which order the server draws is nobody's affair. */
const makeRandom =
  (seed: string) =>
  (size: number): Buffer =>
    createHash('sha512').update(seed).digest().subarray(0, size);

function makeMethods(clock: ManualClock, store: Store): Map<string, BoundMethod> {
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
 * @param stores - What it stores in.
 */
export async function startGoldenServer(meta: TranscriptMeta, stores: GoldenStores): Promise<GoldenServer> {
  const folder = await makeTemporaryFolder();
  const socketPath = join(folder.path, 'golden.sock');
  const clock = makeManualClock();
  const store = await stores.get(meta.maxItems ?? 0);
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
      methods: makeMethods(clock, store),
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
    ipcSchema.parse(meta.ipc),
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
