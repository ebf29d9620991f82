// Finds room on a full disk for what must go on: the ballast, and the log once it is written back.

import type { StoreContext } from './context.ts';

/**
 * Make room. Outside of transactions.
 *
 * The ballast comes first: writing the log back may need room itself.
 *
 * @param context - Its ballast, database and disk.
 * @returns Is there more room than before?
 */
export function makeRoom({ ballast, database, disk }: Pick<StoreContext, 'ballast' | 'database' | 'disk'>): boolean {
  disk.forget();
  const before = disk.forFiles();
  ballast.release();
  try {
    // Pages that are there already are written over, and the log, empty then, gives its room back.
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // Not even that: what the ballast gave is all there is.
  }
  disk.forget();
  return disk.forFiles() > before;
}
