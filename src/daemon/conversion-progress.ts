// Tells how far conversions are, a few times a second each; one that is over at once is not told at all.

import type { ProgressListener } from '../conversion/progress.ts';
import type { Clock } from '../core/clock.ts';
import type { KeyId } from '../core/ids.ts';
import type { ProgressEvent } from '../protocol/events.ts';

/** What {@link listenToProgress} needs. */
export type ProgressDeps = {
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly publish: (told: { readonly kid: KeyId; readonly data: ProgressEvent }) => void;
};

/** From the beginning to the first, and between two. Source: own choice; eye and wire want no more. */
const EVERY_MS = 250;

/**
 * Begin to listen to one conversion. The latest is told at the end of its time; what is left when the conversion ends is not told
 * any more, for its submission's state says all.
 *
 * @param deps - Clock, and who is told.
 * @param submission - Whose conversion it is.
 */
export function listenToProgress(
  { clock, publish }: ProgressDeps,
  { submissionId, kid }: { readonly submissionId: string; readonly kid: KeyId },
): ProgressListener {
  let dueMs = clock.monotonicMs() + EVERY_MS;
  let latest: ProgressEvent | null = null;
  let timer: Disposable | null = null;
  let isOver = false;

  function flush(): void {
    timer = null;
    if (latest === null) return;
    const data = latest;
    latest = null;
    dueMs = clock.monotonicMs() + EVERY_MS;
    publish({ kid, data });
  }

  return {
    tell: (fraction, message) => {
      // Race: what a runner said last may be read after its conversion was given up.
      if (isOver) return;
      latest = { submissionId, fraction, ...(message === null ? {} : { message }) };
      timer ??= clock.after(Math.max(0, dueMs - clock.monotonicMs()), flush);
    },
    [Symbol.dispose]: () => {
      isOver = true;
      timer?.[Symbol.dispose]();
      latest = null;
    },
  };
}
