// Room that was promised to bytes which are still arriving: nobody else gets it meanwhile.

import type { KeyId } from '../core/ids.ts';

type Room = { readonly items: number; readonly bytes: number };

/** What one upload was promised, and whose it is. */
export type Reservation = Room & { readonly kid: KeyId };

/** See {@link makeReservations}. Bounded by the uploads that are open at a time. */
export type Reservations = {
  /** Sum of all that are held. */
  readonly held: () => Room;
  /** Bytes that the uploads of one key hold. */
  readonly bytesOf: (kid: KeyId) => number;
  readonly find: (uploadId: string) => Reservation | undefined;
  /** Promise so much in all; replaces what was promised before. */
  readonly hold: (uploadId: string, reservation: Reservation) => void;
  /** Give it back. Does nothing for one that is not held. */
  readonly drop: (uploadId: string) => void;
  /** Its bytes are being stored: as `drop`, until a rollback. */
  readonly consume: (uploadId: string) => void;
  /** A moment within a transaction, for `returnTo`. */
  readonly mark: () => number;
  /** Hold again what was consumed since. */
  readonly returnTo: (mark: number) => void;
  /** Order: after COMMIT. */
  readonly commit: () => void;
};

/** Begin with nothing reserved. */
export function makeReservations(): Reservations {
  const held = new Map<string, Reservation>();
  const consumed: { readonly uploadId: string; readonly reservation: Reservation }[] = [];
  let sum: Room = { items: 0, bytes: 0 };
  const add = ({ items, bytes }: Room, sign: 1 | -1): void => {
    sum = { items: sum.items + sign * items, bytes: sum.bytes + sign * bytes };
  };
  const drop = (uploadId: string): Reservation | undefined => {
    const found = held.get(uploadId);
    if (found !== undefined) add(found, -1);
    held.delete(uploadId);
    return found;
  };
  const hold = (uploadId: string, reservation: Reservation): void => {
    drop(uploadId);
    held.set(uploadId, reservation);
    add(reservation, 1);
  };
  return {
    held: () => sum,
    bytesOf: (kid) => held.values().reduce((bytes, each) => bytes + (each.kid === kid ? each.bytes : 0), 0),
    find: (uploadId) => held.get(uploadId),
    hold,
    drop: (uploadId) => void drop(uploadId),
    consume: (uploadId) => {
      const reservation = drop(uploadId);
      if (reservation !== undefined) consumed.push({ uploadId, reservation });
    },
    mark: () => consumed.length,
    returnTo: (mark) => {
      for (const { uploadId, reservation } of consumed.splice(mark)) hold(uploadId, reservation);
    },
    commit: () => void consumed.splice(0),
  };
}
