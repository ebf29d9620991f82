// Holds back what the server would turn away as too many at once: calls and uploads of one connection. Source: protocol.md 4.

import type { ToldLimits } from '../protocol/handshake.ts';

/** What a call takes. */
export type FlightKind = 'call' | 'upload';

/** Room for what is in flight; first come, first served. */
export type InFlight = {
  /** Take room, if there is some and nobody waits for it. */
  readonly take: (kind: FlightKind) => boolean;
  /**
   * Wait for room and take it.
   *
   * @throws `signal.reason` when aborted: the deadline of a call is one such reason.
   */
  readonly wait: (kind: FlightKind, signal: AbortSignal) => Promise<void>;
  /** Give room back. */
  readonly leave: (kind: FlightKind) => void;
};

type Line = { used: number; readonly waiting: Set<() => void> };

/**
 * Make it.
 *
 * @param limits - As the newest connection told them.
 */
export function makeInFlight(limits: () => Pick<ToldLimits, 'callsInFlight' | 'streams'>): InFlight {
  const lines: Readonly<Record<FlightKind, Line>> = {
    call: { used: 0, waiting: new Set() },
    upload: { used: 0, waiting: new Set() },
  };
  const limitOf = (kind: FlightKind): number => (kind === 'call' ? limits().callsInFlight : limits().streams);

  function take(kind: FlightKind): boolean {
    const line = lines[kind];
    if (line.waiting.size > 0 || line.used >= limitOf(kind)) return false;
    line.used += 1;
    return true;
  }

  async function wait(kind: FlightKind, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { waiting } = lines[kind];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      // Race: called and aborted at once; whoever is called has room, and gives it back by itself.
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
      // More than one where the newest connection allows more than the one before it.
      for (const next of line.waiting) {
        if (line.used >= limitOf(kind)) return;
        line.waiting.delete(next);
        line.used += 1;
        next();
      }
    },
  };
}
