// The store's thread decides alone whether there is room: reservations of uploads, and what is taken in at once.

import { isShareReached, judgeRoom, SHARE_REACHED, type Wanted } from './bounds.ts';
import type { KeyId } from '../core/ids.ts';
import type { StoreContext } from './context.ts';
import type { QueueFull, QueueFullReason, TooLarge } from './upload-types.ts';

/** Room for one upload: `bytes` in all, so far. */
export type RoomRequest = {
  readonly uploadId: string;
  readonly kid: KeyId;
  /** 1, or 0 for a file that goes with another one. */
  readonly items: 0 | 1;
  readonly bytes: number;
};

/** An upload that is over. `refused`: the disk did not take its bytes. */
export type RoomRelease = { readonly uploadId: string; readonly refused: QueueFullReason | null };

/** How asking for room can end. */
export type RoomAnswer = { readonly kind: 'reserved' } | TooLarge | QueueFull;

/**
 * Remember that something was refused.
 *
 * @param reason - As it was answered.
 */
export function countRefusal({ refusals }: Pick<StoreContext, 'refusals'>, reason: QueueFullReason): void {
  refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
}

/**
 * Is there room for something that has no reservation? A refusal is counted.
 *
 * @param wanted - `isFile`: pages that the database has freed are of no use to it.
 * @returns Null when there is.
 */
export function findNoRoom(
  context: StoreContext,
  wanted: Wanted & { readonly isFile: boolean },
): TooLarge | QueueFull | null {
  const { ledger, limits, disk } = context;
  const held = ledger.reservations.held();
  const freeBytes = wanted.isFile ? disk.forFiles() : disk.forRows();
  const taken = {
    items: ledger.items() + held.items,
    bytes: ledger.bytes() + held.bytes,
    // What has arrived of a reservation is counted twice: too little is promised for a moment, never too much.
    freeBytes: freeBytes - held.bytes,
  };
  const refusal = judgeRoom(limits, taken, wanted);
  if (refusal?.kind === 'queue_full') {
    countRefusal(context, refusal.reason);
    if (refusal.reason !== 'count') context.shortage.bytes = Math.max(1, context.shortage.bytes, wanted.bytes);
  }
  return refusal;
}

/**
 * Promise room to an upload, or more room to one that has some.
 *
 * @param request - `bytes` replaces what was promised before.
 */
export function reserveRoom(context: StoreContext, { uploadId, kid, items, bytes }: RoomRequest): RoomAnswer {
  const { reservations } = context.ledger;
  const has = reservations.find(uploadId) ?? { items: 0, bytes: 0 };
  const othersBytes = reservations.bytesOf(kid) - has.bytes;
  if (isShareReached(context.limits, { bytes, othersBytes })) {
    countRefusal(context, 'bytes');
    return SHARE_REACHED;
  }
  const wanted = { items: items - has.items, bytes: bytes - has.bytes, totalBytes: bytes, isFile: true };
  const refusal = findNoRoom(context, wanted);
  if (refusal !== null) return refusal;
  reservations.hold(uploadId, { kid, items, bytes });
  return { kind: 'reserved' };
}

/**
 * Give the room of an upload back.
 *
 * @param upload - Which, and why it ended.
 */
export function releaseRoom(context: StoreContext, { uploadId, refused }: RoomRelease): void {
  context.ledger.reservations.drop(uploadId);
  if (refused !== null) countRefusal(context, refused);
}
