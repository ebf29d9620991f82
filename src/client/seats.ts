// Holds back what the server would turn away as too many at once: calls and uploads of one connection. Source: protocol.md 4.

import type { ToldLimits } from '../protocol/handshake.ts';

/** What a call takes. */
export type SeatKind = 'call' | 'upload';

/** Places for what is under way; first come, first served. */
export type Seats = {
  /** Take a place, if one is free and nobody waits for it. */
  readonly take: (kind: SeatKind) => boolean;
  /**
   * Wait for a place and take it.
   *
   * @throws `signal.reason` when aborted: the deadline of a call is one such reason.
   */
  readonly wait: (kind: SeatKind, signal: AbortSignal) => Promise<void>;
  /** Give a place back. */
  readonly leave: (kind: SeatKind) => void;
};

type Line = { used: number; readonly waiting: Set<() => void> };

/**
 * Make them.
 *
 * @param limits - As the newest connection told them.
 */
export function makeSeats(limits: () => Pick<ToldLimits, 'callsInFlight' | 'streams'>): Seats {
  const lines: Readonly<Record<SeatKind, Line>> = {
    call: { used: 0, waiting: new Set() },
    upload: { used: 0, waiting: new Set() },
  };
  const placesOf = (kind: SeatKind): number => (kind === 'call' ? limits().callsInFlight : limits().streams);

  function take(kind: SeatKind): boolean {
    const line = lines[kind];
    if (line.waiting.size > 0 || line.used >= placesOf(kind)) return false;
    line.used += 1;
    return true;
  }

  async function wait(kind: SeatKind, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { waiting } = lines[kind];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      // Race: called and aborted at once; whoever is called has the place, and gives it back by itself.
      if (waiting.delete(resolve)) reject(signal.reason);
    };
    waiting.add(resolve);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  return {
    take,
    wait,
    leave: (kind) => {
      const line = lines[kind];
      line.used -= 1;
      const [next] = line.waiting;
      if (next === undefined || line.used >= placesOf(kind)) return;
      line.waiting.delete(next);
      line.used += 1;
      next();
    },
  };
}
