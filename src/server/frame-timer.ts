// How long one frame may take to come: from its first byte, not restarted per byte.

import type { Clock } from '../core/clock.ts';

/** Watches one peer's frames. Disposal stops it. */
export type FrameTimer = Disposable & {
  /**
   * Say where the decoder stands after each piece of input.
   *
   * @param pendingBytes - Bytes of a frame that is not whole.
   * @param frames - Frames that this piece completed.
   */
  readonly update: (pendingBytes: number, frames: number) => void;
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
  { clock, onTimeout }: { readonly clock: Pick<Clock, 'after'>; readonly onTimeout: () => void },
  { timeoutMs }: { readonly timeoutMs: number },
): FrameTimer {
  let timer: Disposable | null = null;
  let pending = 0;
  let isHeld = false;

  function stop(): void {
    timer?.[Symbol.dispose]();
    timer = null;
  }

  function start(): void {
    if (timer === null && pending > 0 && !isHeld) timer = clock.after(timeoutMs, onTimeout);
  }

  return {
    update: (pendingBytes, frames) => {
      pending = pendingBytes;
      // A completed frame ends its time; what is pending after it is another frame, begun just now.
      if (pendingBytes === 0 || frames > 0) stop();
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
    [Symbol.dispose]: stop,
  };
}
