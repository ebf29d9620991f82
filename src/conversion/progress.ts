// How far a conversion is: what its converter says, else how much of the file it has read.

import type { ConversionSink } from '../sandbox/job.ts';

/** Hears how far one conversion is, 0 … 1. Must not throw. */
export type TellProgress = (fraction: number, message: string | null) => void;

/** A conversion that somebody hears of. Disposal: it has ended. */
export type ProgressListener = Disposable & { readonly tell: TellProgress };

/** What was read is not yet converted: only a converter may say that all is done. */
const MOST_BY_READING = 0.99;

/**
 * The part of a sink that hears of progress. A converter that says itself how far it is knows better than its reading shows.
 *
 * @param size - Bytes of the main file.
 * @param tell - Null when nobody wants to know.
 */
export function makeProgressSink(size: number, tell: TellProgress | null): Pick<ConversionSink, 'progress' | 'read'> {
  let isTold = false;
  return {
    progress: (fraction) => {
      isTold = true;
      tell?.(fraction, null);
    },
    read: (bytes) => {
      if (isTold || bytes === 0 || tell === null) return;
      tell(Math.min(MOST_BY_READING, bytes / size), `${bytes} of ${size} bytes read`);
    },
  };
}
