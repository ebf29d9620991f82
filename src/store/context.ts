// What every operation of the store works with.

import type { Ballast } from './ballast.ts';
import type { Bounds } from './bounds.ts';
import type { Database } from './database.ts';
import type { FreeDisk } from './free-disk.ts';
import type { Ledger } from './ledger.ts';

/** Limits that the store keeps by itself. */
export type StoreLimits = Bounds & {
  /** Size of the ballast, bytes; 0 = none. */
  readonly ballastBytes: number;
  /** What is remembered about finished work: for how long (ms), and how many submissions at most (0 = only the last day's). */
  readonly receipts: { readonly keep: number; readonly count: number };
  /** How long an idempotency key is known, ms. */
  readonly idempotencyMs: number;
};

/** One run of the store, on its thread. */
export type StoreContext = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly limits: StoreLimits;
  /** Refusals since the start, by reason. */
  readonly refusals: Map<string, number>;
  /** Most bytes that were refused for want of bytes or disk since the last tidying up: so much room is to be found. */
  readonly shortage: { bytes: number };
  /** The idempotency key that was looked at last when old ones were forgotten; null = the next look begins with the first. */
  readonly keySweep: { after: { readonly kid: string; readonly key: string } | null };
  /** Folder of the files that hold large bodies. */
  readonly payload: string;
  readonly disk: FreeDisk;
  readonly ballast: Ballast;
};

/** The moment of a call, taken on the main thread, so that one clock rules. */
export type CallTime = { readonly nowUnixMs: number };
