// Is there room for more? Pure: what is taken, what is wanted, and the limits in; a refusal or nothing out.

import type { QueueFull, TooLarge } from './upload-types.ts';

/** How much may be kept. */
export type Bounds = {
  /** Items taken in at most; 0 = no limit. */
  readonly maxItems: number;
  /** Bytes of raw files and reports kept at most; 0 = no limit. */
  readonly maxBytes: number;
  /** Free disk below which nothing is taken in, bytes; 0 = not looked at. */
  readonly diskFloorBytes: number;
};

/** What is taken already, reservations included, and what the disk still has. */
export type Taken = { readonly items: number; readonly bytes: number; readonly freeBytes: number };

/** What is to be added. `totalBytes`: of the whole file, when a part of it has its room already. */
export type Wanted = { readonly items: number; readonly bytes: number; readonly totalBytes: number };

// A full queue empties by conversions and uploads, which take about as long; a full disk mostly by a person.
const QUEUE_RETRY_AFTER_MS = 1_000;
const DISK_RETRY_AFTER_MS = 5_000;

/** The answer while the disk has too little room. */
export const DISK_FULL: QueueFull = { kind: 'queue_full', reason: 'disk', retryAfterMs: DISK_RETRY_AFTER_MS };
/** The answer when a write did not reach the disk. */
export const STORE_FAILED: QueueFull = {
  kind: 'queue_full',
  reason: 'store_failed',
  retryAfterMs: DISK_RETRY_AFTER_MS,
};

/** The answer to a key whose own uploads hold as much as one key may. */
export const SHARE_REACHED: QueueFull = {
  kind: 'queue_full',
  reason: 'bytes',
  retryAfterMs: QUEUE_RETRY_AFTER_MS,
};

/**
 * Do the uploads of one key take more than half of all bytes while they arrive? Whoever sends slowly, or not at all, must leave
 * room for others. A single upload may be as large as all the room.
 *
 * @param wanted - `bytes` of this upload in all; `othersBytes` of the other uploads of its key.
 */
export function isShareReached(
  { maxBytes }: Pick<Bounds, 'maxBytes'>,
  { bytes, othersBytes }: { readonly bytes: number; readonly othersBytes: number },
): boolean {
  return maxBytes > 0 && othersBytes > 0 && bytes + othersBytes > maxBytes / 2;
}

/**
 * Judge whether something can be taken in.
 *
 * @returns Null when it can; `too_large` when it never could.
 */
export function judgeRoom(bounds: Bounds, taken: Taken, wanted: Wanted): QueueFull | TooLarge | null {
  const { maxItems, maxBytes, diskFloorBytes } = bounds;
  if (maxBytes > 0 && wanted.totalBytes > maxBytes) return { kind: 'too_large', limit: maxBytes };
  if (wanted.items > 0 && maxItems > 0 && taken.items + wanted.items > maxItems) {
    return { kind: 'queue_full', reason: 'count', retryAfterMs: QUEUE_RETRY_AFTER_MS };
  }
  if (wanted.bytes > 0 && maxBytes > 0 && taken.bytes + wanted.bytes > maxBytes) {
    return { kind: 'queue_full', reason: 'bytes', retryAfterMs: QUEUE_RETRY_AFTER_MS };
  }
  // Also for what is empty: its row needs room as well.
  if (diskFloorBytes > 0 && taken.freeBytes - wanted.bytes < diskFloorBytes) return DISK_FULL;
  return null;
}
