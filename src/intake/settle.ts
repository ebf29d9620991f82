// When a file is ready to be taken: a pure step per look at it.
//
//   (new) -> settling --same size, time and inode for `settle`--> ready --> taken
//              ^  |                                                 |
//              |  '-- changed: begins anew                          '--> unreadable --tried for `unreadable`--> given up
//              '----------------------------------------------------------'

/** What is remembered about a file that is not taken yet. Times are monotonic milliseconds. */
export type Look = {
  readonly identity: string;
  /** Bytes. */
  readonly size: number;
  /** When it may be taken. */
  readonly readyAtMs: number;
  /** First failed opening in a row; null = none. */
  readonly unreadableSinceMs: number | null;
};

// A file that cannot be opened is tried again this often.
const UNREADABLE_RETRY_MS = 5_000;

/**
 * Look at a file once more.
 *
 * @param previous - As remembered; undefined = it was not seen before.
 * @param seen - As it lies there now.
 * @param options - `settle` in milliseconds.
 * @returns the same object where nothing changed.
 */
export function lookAgain(
  previous: Look | undefined,
  seen: { readonly identity: string; readonly size: number },
  { settleMs, nowMs }: { readonly settleMs: number; readonly nowMs: number },
): Look {
  if (previous?.identity === seen.identity) return previous;
  return { ...seen, readyAtMs: nowMs + settleMs, unreadableSinceMs: null };
}

/**
 * The look after a failed opening.
 *
 * @param look - As it was.
 * @returns null = it was tried for `unreadableMs`: give up.
 */
export function afterUnreadable(
  look: Look,
  { unreadableMs, nowMs }: { readonly unreadableMs: number; readonly nowMs: number },
): Look | null {
  const unreadableSinceMs = look.unreadableSinceMs ?? nowMs;
  const leftMs = unreadableSinceMs + unreadableMs - nowMs;
  if (leftMs <= 0) return null;
  return { ...look, unreadableSinceMs, readyAtMs: nowMs + Math.min(UNREADABLE_RETRY_MS, leftMs) };
}
