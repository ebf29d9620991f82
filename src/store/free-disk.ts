// How much the disk of the store still takes: asked once per group of calls, less what that group has taken.

import { type StatsFs, statfsSync } from 'node:fs';
import type { Database } from './database.ts';
import { readNumber } from './rows.ts';

/** See {@link makeFreeDisk}. */
export type FreeDisk = {
  /** Bytes for rows: pages that the database has freed count as well, or a drained database would look full for ever. */
  readonly forRows: () => number;
  /** Bytes for files. */
  readonly forFiles: () => number;
  /** So much is being written now. */
  readonly take: (bytes: number) => void;
  /** Ask again at the next question: at the beginning of every group. */
  readonly forget: () => void;
};

function pragma(database: Pick<Database, 'get'>, name: 'freelist_count' | 'page_size'): number {
  const row = database.get(`PRAGMA ${name}`);
  return row === undefined ? 0 : readNumber(row, name);
}

/**
 * Watch the disk of a folder.
 *
 * @param folder - Any folder of the store.
 * @param database - Whose free pages count.
 * @param statfs - Asks the system; tests have a disk of their own.
 */
export function makeFreeDisk(
  folder: string,
  database: Pick<Database, 'get'>,
  statfs: (path: string) => Pick<StatsFs, 'bavail' | 'bsize'> = statfsSync,
): FreeDisk {
  let sample: number | null = null;
  let taken = 0;
  const free = (): number => {
    if (sample === null) {
      const { bavail, bsize } = statfs(folder);
      sample = bavail * bsize;
      taken = 0;
    }
    return sample - taken;
  };
  return {
    forRows: () => free() + pragma(database, 'freelist_count') * pragma(database, 'page_size'),
    forFiles: free,
    take: (bytes) => {
      taken += bytes;
    },
    forget: () => {
      sample = null;
    },
  };
}
