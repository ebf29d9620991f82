// Tells when the status changes: looked at while somebody listens, soon after the store changed and else once a second.

import type { Clock } from '../core/clock.ts';
import { type EventSource, makeEventBus } from '../core/event-bus.ts';
import type { Logger } from '../core/logger.ts';
import type { StatusEvent } from '../protocol/events.ts';
import type { Watch } from '../server/server-events.ts';

/** What {@link makeStatusWatch} needs. */
export type StatusWatchDeps = {
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly log: Logger;
  readonly get: () => Promise<StatusEvent>;
  /** Anything that most likely changes the status. */
  readonly hints: EventSource<unknown>;
};

/** See {@link makeStatusWatch}. */
export type StatusWatch = {
  /** Statuses that differ from the one told or read before. */
  readonly changes: EventSource<StatusEvent>;
  /** Look at it from now on. It costs nothing while nobody does. */
  readonly watch: () => Watch;
  /** As it was looked at last; null before the first look. */
  readonly read: () => StatusEvent | null;
};

/** Between two looks, at least: two a second. Source: own choice; people see no more, and a look counts rows of the store. */
const PAUSE_MS = 500;
/** A look that takes long is paid for by a longer pause: at most a twentieth of the store's time goes into looks. */
const PAUSES_PER_LOOK = 20;
/** Without a hint: runners, watch folders and the disk give none. */
const IDLE_MS = 1000;

/** What tells two statuses apart. What moves all the time is left out: it is in each event, and is no reason for one. */
function fingerprint(status: StatusEvent): string {
  const { queue } = status;
  const disk = { ...queue.disk, freeBytes: 0 };
  return JSON.stringify({ ...status, uptimeMs: 0, queue: { ...queue, oldestReadyAgeMs: 0, disk } });
}

/** Runs one look at a time; who asks while one runs gets the one after it, which is of a later moment. */
function oneAtATime(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let queued: Promise<void> | null = null;

  function start(): Promise<void> {
    queued = null;
    running = run().finally(() => {
      running = null;
    });
    return running;
  }

  return () => {
    if (running === null) return start();
    return (queued ??= running.then(start, start));
  };
}

/** Knows the last status, and tells one that differs from the one before. The first is told to nobody: there was none before. */
function makeMemory(tell: (status: StatusEvent) => void) {
  let last: { readonly status: StatusEvent; readonly print: string } | null = null;
  return {
    read: () => last?.status ?? null,
    remember: (status: StatusEvent): void => {
      const known = last;
      // Order: whoever hears of it reads it.
      last = { status, print: fingerprint(status) };
      if (known !== null && known.print !== last.print) tell(status);
    },
  };
}

/** Begins with the first who joins and ends with the last who leaves. Joining gives what leaves, once. */
function whileAny(begin: () => void, end: () => void): () => () => void {
  let joined = 0;
  return () => {
    joined += 1;
    if (joined === 1) begin();
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      joined -= 1;
      if (joined === 0) end();
    };
  };
}

/**
 * Make the watch of one daemon.
 *
 * It remembers what it told last also while nobody listens: who comes back and goes on from there is told what changed meanwhile.
 *
 * @param deps - See {@link StatusWatchDeps}.
 */
export function makeStatusWatch({ clock, log, get, hints }: StatusWatchDeps): StatusWatch {
  const bus = makeEventBus<StatusEvent>((err) => log.error({ err }, 'a listener to the status failed'));
  const memory = makeMemory(bus.publish);
  let hearing: Disposable | null = null;
  let timer: Disposable | null = null;
  let isHinted = false;
  let restUntilMs = 0;

  const look = oneAtATime(async () => {
    const beganMs = clock.monotonicMs();
    isHinted = false;
    try {
      memory.remember(await get());
    } finally {
      const endedMs = clock.monotonicMs();
      restUntilMs = endedMs + Math.max(PAUSE_MS, (endedMs - beganMs) * PAUSES_PER_LOOK);
    }
  });

  function arm(): void {
    timer?.[Symbol.dispose]();
    timer = null;
    if (hearing === null) return;
    const waitMs = restUntilMs - clock.monotonicMs() + (isHinted ? 0 : IDLE_MS - PAUSE_MS);
    timer = clock.after(Math.max(0, waitMs), () => {
      timer = null;
      void look()
        .catch((err: unknown) => log.error({ err }, 'the status could not be read'))
        .finally(arm);
    });
  }

  function hint(): void {
    if (isHinted) return;
    isHinted = true;
    // Race: without a timer a look is going on, after which the next one is set.
    if (timer !== null) arm();
  }

  function begin(): void {
    hearing = hints.subscribe(hint);
    isHinted = true;
    // Who wants the state of now asks for it; who goes on from an earlier one can wait that long.
    restUntilMs = Math.max(restUntilMs, clock.monotonicMs() + PAUSE_MS);
    arm();
  }

  function end(): void {
    hearing?.[Symbol.dispose]();
    hearing = null;
    arm();
  }

  const join = whileAny(begin, end);
  return { changes: bus, watch: () => ({ refresh: look, [Symbol.dispose]: join() }), read: memory.read };
}
