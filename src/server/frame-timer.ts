// How long one frame may take to come: from its first byte, not restarted per byte.

import type { Clock } from '../core/clock.ts';
import { type Deadline, makeDeadlines } from '../core/deadlines.ts';

/** Watches one peer's frames. Disposal stops it. */
export type FrameTimer = Disposable & {
  /**
   * Say where the decoder stands after each piece of input.
   *
   * @param isMidFrame - Has a frame begun that is not whole?
   * @param frames - Frames that this piece completed.
   */
  readonly update: (isMidFrame: boolean, frames: number) => void;
  /** We do not read from this peer, so its frame cannot come: the time stands still. */
  readonly hold: () => void;
  /** We read again: the frame that was on its way gets the whole time once more. */
  readonly release: () => void;
};

/**
 * Make a frame timer.
 *
 * @param deps - The clock, and what to do when a frame took too long: once per frame.
 * @param options - Time for one frame, in milliseconds.
 */
export function makeFrameTimer(
  { clock, onTimeout }: { readonly clock: Pick<Clock, 'after' | 'monotonicMs'>; readonly onTimeout: () => void },
  { timeoutMs }: { readonly timeoutMs: number },
): FrameTimer {
  // A stream of large chunks ends one frame and begins the next with every read.
  const deadlines = makeDeadlines(clock);
  let deadline: Deadline | null = null;
  let isPending = false;
  let isHeld = false;

  function stop(): void {
    if (deadline !== null) deadlines.remove(deadline);
    deadline = null;
  }

  function start(): void {
    if (deadline === null && isPending && !isHeld) deadline = deadlines.add(timeoutMs, onTimeout);
  }

  return {
    update: (isMidFrame, frames) => {
      isPending = isMidFrame;
      // A completed frame ends its time; what is pending after it is another frame, begun just now.
      if (!isMidFrame || frames > 0) stop();
      start();
    },
    hold: () => {
      isHeld = true;
      stop();
    },
    release: () => {
      isHeld = false;
      start();
    },
    [Symbol.dispose]: () => {
      // What was not read may be read once more while the wire is closed.
      isPending = false;
      stop();
      deadlines[Symbol.dispose]();
    },
  };
}
