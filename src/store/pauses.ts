// Uploads that a person stopped: of the whole queue, or of one destination. Kept in the database, so that a restart changes nothing.

import type { CallTime, StoreContext } from './context.ts';
import type { Database } from './database.ts';
import type { Pause } from './queue-types.ts';
import { readNumber, readText } from './rows.ts';

// No destination has an empty name.
const WHOLE_QUEUE = '';

/** Condition on a column with a destination: nothing is claimed for it. */
export const isPausedSql = (column: string): string =>
  `EXISTS (SELECT 1 FROM pause AS p WHERE p.destination IN ('${WHOLE_QUEUE}', ${column}))`;

/** The whole queue first, then by name. */
export function listPauses({ database }: { readonly database: Database }): readonly Pause[] {
  return database
    .all("SELECT destination, since FROM pause WHERE destination >= '' ORDER BY destination")
    .map((row) => {
      const name = readText(row, 'destination');
      return { destination: name === WHOLE_QUEUE ? null : name, sinceUnixMs: readNumber(row, 'since') };
    });
}

/**
 * Claim nothing more: of a destination, or of any (null).
 *
 * @param context - Inside a transaction.
 * @returns False when it was so already; it stays as old as it is.
 */
export function pause({ database }: StoreContext, destination: string | null, { nowUnixMs }: CallTime): boolean {
  const { changes } = database.run('INSERT OR IGNORE INTO pause (destination, since) VALUES (:name, :now)', {
    name: destination ?? WHOLE_QUEUE,
    now: nowUnixMs,
  });
  return changes > 0;
}

/**
 * End a pause. What is paused apart from it stays so: a destination under a paused queue, and the other way round.
 *
 * @param context - Inside a transaction.
 * @returns False when there was none.
 */
export function resume({ database }: StoreContext, destination: string | null): boolean {
  const name = destination ?? WHOLE_QUEUE;
  return database.run('DELETE FROM pause WHERE destination = :name', { name }).changes > 0;
}

/** Is nothing to be claimed for this destination? */
export function isPaused({ database }: StoreContext, destination: string): boolean {
  return database.get(`SELECT 1 WHERE ${isPausedSql(':destination')}`, { destination }) !== undefined;
}
