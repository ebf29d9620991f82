// Payload files against the rows that name them, at every start: no file without a row, no row without its file.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isFileWhole } from './bodies.ts';
import type { StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { readNumber, readText, readTextOrNull } from './rows.ts';

const ROWS_WITH_FILES = [
  'SELECT body_file AS file FROM submission WHERE body_file IS NOT NULL',
  'SELECT file FROM companion WHERE file IS NOT NULL',
  'SELECT file FROM report_body WHERE file IS NOT NULL',
  'SELECT file FROM attachment WHERE file IS NOT NULL',
].join(' UNION ALL ');

/**
 * Remove payload files that were let go. One that cannot be removed now is an orphan of the next start.
 *
 * @param payload - Their folder.
 * @param files - Names below it.
 */
export function unlinkFiles(payload: string, files: readonly string[]): void {
  for (const file of files) {
    try {
      rmSync(join(payload, file), { force: true });
    } catch {
      // Its row is gone already: nobody can read it any more.
    }
  }
}

function listFiles(payload: string): readonly string[] {
  if (!existsSync(payload)) return [];
  return readdirSync(payload, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath.slice(payload.length + 1)}/${name}`);
}

/**
 * Delete payload files that no row names: they were never acknowledged, or let go by a process that died before it unlinked.
 *
 * @param uploads - Uploads of this process that may be on their way to their row: left alone.
 * @returns How many.
 */
export function deleteOrphans({ database, payload }: StoreContext, uploads: readonly string[]): number {
  const known = new Set(database.all(ROWS_WITH_FILES).map((row) => readText(row, 'file')));
  const isInHand = (file: string): boolean => uploads.some((uploadId) => file.includes(uploadId));
  const orphans = listFiles(payload).filter((file) => !known.has(file) && !isInHand(file));
  unlinkFiles(payload, orphans);
  return orphans.length;
}

/**
 * Submissions whose raw file or companion is missing or has another size.
 *
 * @returns All columns of each.
 */
export function findDamaged({ database, payload }: StoreContext): readonly Row[] {
  const withFiles = database.all(
    `SELECT s.seq AS owner, s.size AS size, s.body_file AS file FROM submission AS s WHERE s.body_file IS NOT NULL
     UNION ALL SELECT submission, size, file FROM companion WHERE file IS NOT NULL`,
  );
  const owners = new Set<number>();
  for (const row of withFiles) {
    const file = readTextOrNull(row, 'file');
    if (file !== null && !isFileWhole(join(payload, file), readNumber(row, 'size')))
      owners.add(readNumber(row, 'owner'));
  }
  return [...owners]
    .map((seq) => database.get('SELECT * FROM submission WHERE seq = :seq', { seq }))
    .filter((row) => row !== undefined);
}
