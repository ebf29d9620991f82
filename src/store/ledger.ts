// What a transaction will announce once it is committed, and the count that bounds intake.

import type { StoreChange } from './types.ts';

/** A change without its number, which it gets at the commit. */
type ChangeDraft = StoreChange extends infer Change
  ? Change extends StoreChange
    ? Omit<Change, 'changeSeq'>
    : never
  : never;

/** A moment to go back to. */
type LedgerMark = { readonly items: number; readonly noted: number };

/** See {@link makeLedger}. */
export type Ledger = {
  /** What counts towards `maxItems`, uncommitted changes included. */
  readonly items: () => number;
  readonly addItems: (difference: number) => void;
  readonly note: (change: ChangeDraft) => void;
  readonly mark: () => LedgerMark;
  /** Forget what happened since: for every rollback. */
  readonly returnTo: (mark: LedgerMark) => void;
  /** Order: call right after COMMIT. Numbers what was noted and hands it out once. */
  readonly commit: () => readonly StoreChange[];
  /** Number of the last committed change. */
  readonly lastChangeSeq: () => number;
};

/**
 * Make the ledger of one run.
 *
 * @param start - Items in the database when it was opened, and the number of the last change announced before.
 */
export function makeLedger(start: { readonly items: number; readonly lastSeq: number }): Ledger {
  let { items, lastSeq } = start;
  const noted: ChangeDraft[] = [];
  return {
    items: () => items,
    addItems: (difference) => {
      items += difference;
    },
    note: (change) => void noted.push(change),
    mark: () => ({ items, noted: noted.length }),
    returnTo: (mark) => {
      items = mark.items;
      noted.length = mark.noted;
    },
    commit: () => {
      const changes = noted.splice(0).map((draft, index) => ({ ...draft, changeSeq: lastSeq + index + 1 }));
      lastSeq += changes.length;
      return changes;
    },
    lastChangeSeq: () => lastSeq,
  };
}
