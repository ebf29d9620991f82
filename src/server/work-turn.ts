// How long one connection may keep this process busy before all others are looked after.

import type { Clock } from '../core/clock.ts';

/** The turn of one connection. */
export type WorkTurn = {
  /** Work begins, or goes on. */
  readonly begin: () => void;
  /** Has it had its time? */
  readonly isOver: () => boolean;
  /** Nothing is left to do: time that passes from here on makes up for what was used. */
  readonly end: () => void;
  /** The others had theirs: begin with all of the time again. */
  readonly renew: () => void;
};

/**
 * Work on what one peer sent before others have their turn. Source: own choice. The system hands over up to 2 MiB of one socket at
 * once, which may be 60,000 messages; with this, 60 peers that send as fast as they can keep another waiting for some 50 ms.
 */
const TURN_MS = 0.5;

/**
 * Make the turn of one connection.
 *
 * @param clock - Monotonic.
 */
export function makeWorkTurn(clock: Pick<Clock, 'monotonicMs'>): WorkTurn {
  let usedMs = 0;
  let begunMs = 0;
  let endedMs = 0;
  return {
    begin: () => {
      begunMs = clock.monotonicMs();
      usedMs = Math.max(0, usedMs - (begunMs - endedMs));
    },
    isOver: () => usedMs + clock.monotonicMs() - begunMs >= TURN_MS,
    end: () => {
      endedMs = clock.monotonicMs();
      usedMs += endedMs - begunMs;
    },
    renew: () => {
      usedMs = 0;
      endedMs = clock.monotonicMs();
    },
  };
}
