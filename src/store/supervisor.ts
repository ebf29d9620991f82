// Keeps the store's thread: one that fails is started anew once, from the disk; a second failure within a minute stays.

import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { makeHandTracker } from './in-hand.ts';
import type { StoreReply, StoreSetup } from './messages.ts';
import type { StoreArguments, StoreMethod, StoreRequest } from './operations.ts';
import { type StoreThread, startThread } from './thread.ts';
import type { StoreChange } from './types.ts';

const RESTART_INTERVAL_MS = 60_000;

/** What {@link superviseThread} needs. */
export type SupervisorDeps = {
  readonly clock: Pick<Clock, 'nowUnixMs' | 'monotonicMs'>;
  readonly log: Logger;
  readonly workerUrl: URL;
  readonly announce: (change: StoreChange) => void;
  /** Told once, when the thread failed a second time within a minute or cannot be started anew: nothing will answer any more. */
  readonly onDown: (reason: unknown) => void;
};

/** A thread that is there, or a clear `failed`. */
export type SupervisedThread = AsyncDisposable & {
  readonly call: <M extends StoreMethod>(method: M, args: StoreArguments[M]) => Promise<StoreReply>;
};

type Keeper = AsyncDisposable & { readonly current: () => StoreThread | null };

async function keepThread(
  { clock, log, onDown }: Pick<SupervisorDeps, 'clock' | 'log' | 'onDown'>,
  startOne: () => Promise<StoreThread>,
): Promise<Keeper> {
  let thread: StoreThread | null = null;
  let lastFailureMs: number | null = null;
  let restart: Promise<void> = Promise.resolve();
  let closed: Promise<void> | null = null;

  async function start(): Promise<void> {
    const started = await startOne();
    thread = started;
    void started.ended.then(onEnd);
  }

  function onEnd(reason: Error | null): void {
    thread = null;
    if (closed !== null && reason === null) return;
    const now = clock.monotonicMs();
    const isFirst = lastFailureMs === null || now - lastFailureMs >= RESTART_INTERVAL_MS;
    const willRestart = closed === null && isFirst;
    lastFailureMs = now;
    log.error({ err: reason, willRestart }, 'store failed');
    if (closed !== null) return;
    if (willRestart) restart = start().catch(onDown);
    else onDown(reason);
  }

  async function close(): Promise<void> {
    // Race: a thread that is just being started anew has to be closed as well.
    await restart;
    await thread?.close();
  }

  await start();
  return {
    current: () => (closed === null ? thread : null),
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
}

/**
 * Start the thread and keep it.
 *
 * @param setup - As for the first start; `openUploads` names those that are open at a later one.
 * @throws {AirlockError} unavailable when the first start fails.
 */
export async function superviseThread(
  deps: SupervisorDeps,
  setup: Pick<StoreSetup, 'files' | 'limits'> & { readonly openUploads: () => readonly string[] },
): Promise<SupervisedThread> {
  const { clock, log, workerUrl } = deps;
  const { files, limits, openUploads } = setup;
  const tracker = makeHandTracker();
  let lastChangeSeq = 0;
  let lastId = 0;
  const announce = (changes: readonly StoreChange[]): void => {
    for (const change of changes) {
      lastChangeSeq = change.changeSeq;
      deps.announce(change);
    }
  };
  const keeper = await keepThread(deps, async () => {
    const moment = {
      nowUnixMs: clock.nowUnixMs(),
      lastChangeSeq,
      inHand: { ...tracker.inHand(), uploads: openUploads() },
    };
    const started = await startThread({ workerUrl, announce }, { files, limits, ...moment });
    const { submissions, deliveries, damaged, orphans } = started.recovered;
    if (submissions + deliveries > 0) log.info({ submissions, deliveries }, 'work in progress was put back');
    if (orphans > 0) log.info({ files: orphans }, 'files that were never acknowledged were deleted');
    if (damaged > 0) log.error({ submissions: damaged }, 'stored files are missing or damaged');
    return started;
  });
  return {
    call: async (method, args) => {
      const thread = keeper.current();
      if (thread === null) return { kind: 'failed', error: new Error('Cannot use store: it has failed or is closed') };
      lastId += 1;
      // Trust: method and arguments were matched by the caller's types.
      const request = { id: lastId, nowUnixMs: clock.nowUnixMs(), method, args } as StoreRequest;
      const reply = await thread.call(request);
      tracker.follow(request, reply);
      return reply;
    },
    [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose](),
  };
}
