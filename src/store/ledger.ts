// What a transaction will announce and unlink once it is committed, and the sums that bound intake.

import { makeReservations, type Reservations } from './reservations.ts';
import type { StoreChange } from './types.ts';

/** A change without its number, which it gets at the commit. */
type ChangeDraft = StoreChange extends infer Change
  ? Change extends StoreChange
    ? Omit<Change, 'changeSeq'>
    : never
  : never;

/** A moment to go back to. */
type LedgerMark = {
  readonly items: number;
  readonly bytes: number;
  readonly noted: number;
  readonly unlinked: number;
  readonly consumed: number;
};

/** What became final. `files` have no row any more. */
export type Committed = { readonly changes: readonly StoreChange[]; readonly files: readonly string[] };

/** See {@link makeLedger}. */
export type Ledger = {
  /** What counts towards `maxItems`, uncommitted changes included. */
  readonly items: () => number;
  readonly addItems: (difference: number) => void;
  /** Bytes that are kept, uncommitted changes included. */
  readonly bytes: () => number;
  readonly addBytes: (difference: number) => void;
  /** Room that was promised to uploads. */
  readonly reservations: Reservations;
  readonly note: (change: ChangeDraft) => void;
  /** Order: a file goes after the commit that let its row go; a crash between leaves an orphan, never a row without a file. */
  readonly unlinkLater: (file: string) => void;
  readonly mark: () => LedgerMark;
  /** Forget what happened since: for every rollback. */
  readonly returnTo: (mark: LedgerMark) => void;
  /** Order: call right after COMMIT. Numbers what was noted and hands it out once. */
  readonly commit: () => Committed;
  /** Number of the last committed change. */
  readonly lastChangeSeq: () => number;
};

/**
 * Make the ledger of one run.
 *
 * @param start - Items and bytes in the database when it was opened, and the number of the last change announced before.
 */
export function makeLedger(start: {
  readonly items: number;
  readonly bytes: number;
  readonly lastSeq: number;
}): Ledger {
  let { items, bytes, lastSeq } = start;
  const noted: ChangeDraft[] = [];
  const unlinked: string[] = [];
  const reservations = makeReservations();
  return {
    items: () => items,
    addItems: (difference) => {
      items += difference;
    },
    bytes: () => bytes,
    addBytes: (difference) => {
      bytes += difference;
    },
    reservations,
    note: (change) => void noted.push(change),
    unlinkLater: (file) => void unlinked.push(file),
    mark: () => ({
      items,
      bytes,
      noted: noted.length,
      unlinked: unlinked.length,
      consumed: reservations.mark(),
    }),
    returnTo: (mark) => {
      ({ items, bytes } = mark);
      noted.length = mark.noted;
      unlinked.length = mark.unlinked;
      reservations.returnTo(mark.consumed);
    },
    commit: () => {
      const changes = noted.splice(0).map((draft, index) => ({ ...draft, changeSeq: lastSeq + index + 1 }));
      lastSeq += changes.length;
      reservations.commit();
      return { changes, files: unlinked.splice(0) };
    },
    lastChangeSeq: () => lastSeq,
  };
}
