// Keeps the store's thread: one that fails is started anew once, from the disk; a second failure within a minute stays.

import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { StoreReply, StoreSetup } from './messages.ts';
import type { StoreMethod, StoreArguments, StoreRequest } from './operations.ts';
import { type InHand, toDeliveryKey } from './recover.ts';
import { startThread, type StoreThread } from './thread.ts';
import type { Claim, ClaimedDelivery, ClaimedSubmission, StoreChange } from './types.ts';

const RESTART_INTERVAL_MS = 60_000;

/** What {@link superviseThread} needs. */
export type SupervisorDeps = {
  readonly clock: Pick<Clock, 'nowUnixMs' | 'monotonicMs'>;
  readonly log: Logger;
  readonly workerUrl: URL;
  readonly announce: (change: StoreChange) => void;
};

/** A thread that is there, or a clear `failed`. */
export type SupervisedThread = AsyncDisposable & {
  readonly call: <M extends StoreMethod>(method: M, args: StoreArguments[M]) => Promise<StoreReply>;
};

type HandTracker = {
  readonly inHand: () => InHand;
  readonly follow: (request: StoreRequest, reply: StoreReply) => void;
};

// What the loops of this process hold stays theirs when the thread is started anew; bounded by what they claim at a time.
function makeHandTracker(): HandTracker {
  const submissions = new Set<string>();
  const deliveries = new Set<string>();
  return {
    inHand: () => ({ submissions: [...submissions], deliveries: [...deliveries] }),
    follow: (request, reply) => {
      if (reply.kind !== 'value') return;
      if (request.method === 'claimSubmission') {
        // Trust: the thread answers with the type of its method.
        const claim = reply.value as Claim<ClaimedSubmission>;
        if (claim.kind === 'claimed') submissions.add(claim.item.submissionId);
      } else if (request.method === 'claimDelivery') {
        // Trust: as above.
        const claim = reply.value as Claim<ClaimedDelivery>;
        if (claim.kind === 'claimed') deliveries.add(toDeliveryKey(claim.item));
      } else if (request.method === 'endSubmission') submissions.delete(request.args[0]);
      else if (request.method === 'endDelivery') deliveries.delete(toDeliveryKey(request.args[0]));
    },
  };
}

/**
 * Start the thread and keep it.
 *
 * @param setup - As for the first start.
 * @throws {AirlockError} unavailable when the first start fails.
 */
export async function superviseThread(
  deps: SupervisorDeps,
  setup: Pick<StoreSetup, 'path' | 'limits'>,
): Promise<SupervisedThread> {
  const { clock, log } = deps;
  const tracker = makeHandTracker();
  let lastChangeSeq = 0;
  let lastId = 0;
  let lastFailureMs: number | null = null;
  let isClosing = false;
  let thread: StoreThread | null = null;
  let restart: Promise<void> = Promise.resolve();
  let closed: Promise<void> | null = null;

  const announce = (changes: readonly StoreChange[]): void => {
    for (const change of changes) {
      lastChangeSeq = change.changeSeq;
      deps.announce(change);
    }
  };

  async function start(): Promise<void> {
    const { workerUrl } = deps;
    const moment = { nowUnixMs: clock.nowUnixMs(), lastChangeSeq, inHand: tracker.inHand() };
    const started = await startThread({ workerUrl, announce }, { ...setup, ...moment });
    const { submissions, deliveries } = started.recovered;
    if (submissions + deliveries > 0) log.info({ submissions, deliveries }, 'work in progress was put back');
    thread = started;
    watch(started);
  }

  function watch(started: StoreThread): void {
    void started.ended.then((error) => {
      thread = null;
      if (isClosing && error === null) return;
      const now = clock.monotonicMs();
      const willRestart = !isClosing && (lastFailureMs === null || now - lastFailureMs >= RESTART_INTERVAL_MS);
      lastFailureMs = now;
      log.error({ err: error, willRestart }, 'store failed');
      if (!willRestart) return;
      restart = start().catch((cause: unknown) => log.error({ err: cause }, 'store stays down'));
    });
  }

  async function close(): Promise<void> {
    isClosing = true;
    // Race: a thread that is just being started anew has to be closed as well.
    await restart;
    await thread?.close();
  }

  await start();
  return {
    call: async (method, args) => {
      if (thread === null || isClosing) {
        const reason = isClosing ? 'it is closed' : 'it has failed';
        return { kind: 'failed', error: new Error(`Cannot use store: ${reason}`) };
      }
      lastId += 1;
      // Trust: method and arguments were matched by the caller's types.
      const request = { id: lastId, nowUnixMs: clock.nowUnixMs(), method, args } as StoreRequest;
      const reply = await thread.call(request);
      tracker.follow(request, reply);
      return reply;
    },
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
}
