// Gives free pages back to the file system because a person asks for it, a few at a time.

import type { StoreContext } from './context.ts';
import type { CompactStep } from './queue-types.ts';
import { isDiskFull } from './disk-full.ts';

// 4 MiB of pages: the store's thread comes back to its callers between two steps.
const STEP_PAGES = 1_000;

function pragma({ database }: Pick<StoreContext, 'database'>, name: string): number {
  return Number(Object.values(database.get(`PRAGMA ${name}`) ?? {})[0] ?? 0);
}

/**
 * Move some pages out of the way and give them back. Outside of transactions. On a full disk nothing happens: what is moved needs room.
 *
 * @param context - Its database.
 */
export function compactStep(context: StoreContext): CompactStep {
  const { database } = context;
  const pageBytes = pragma(context, 'page_size');
  const before = pragma(context, 'freelist_count');
  try {
    database.exec(`PRAGMA incremental_vacuum(${STEP_PAGES})`);
    const after = pragma(context, 'freelist_count');
    const hasMore = after > 0 && after < before;
    // The file shrinks when the log is written back.
    if (!hasMore) database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return { freedBytes: (before - after) * pageBytes, fileBytes: pragma(context, 'page_count') * pageBytes, hasMore };
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    return { freedBytes: 0, fileBytes: pragma(context, 'page_count') * pageBytes, hasMore: false };
  }
}
