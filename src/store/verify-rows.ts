// Looks at stored bodies one after the other: those in the database against their hashes; those in files are named for the main thread.

import { hash } from './hash.ts';
import type { StoreContext } from './context.ts';
import type { Row } from './database.ts';
import type { BodyKind, DamagedBody } from './queue-types.ts';
import { readBytes, readNumber, readText, readTextOrNull } from './rows.ts';

/** Where a check goes on; null = at its beginning. */
export type VerifyPlace = { readonly kind: BodyKind; readonly seq: number };

/** A body in a file, to be read by the main thread. */
export type FileBody = VerifyPlace & {
  readonly id: string;
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
};

/** What one batch came to. */
export type VerifyBatch = {
  readonly checked: number;
  readonly bytes: number;
  readonly damaged: readonly DamagedBody[];
  readonly files: readonly FileBody[];
  readonly next: VerifyPlace | null;
};

// The thread comes back to its callers after so much. One body may be larger.
const BATCH_BODIES = 50;
const BATCH_BYTES = 4 * 1024 ** 2;

const KINDS = ['submission', 'companion', 'report', 'attachment'] as const satisfies readonly BodyKind[];

const NEXT: Readonly<Record<BodyKind, string>> = {
  submission: `SELECT s.seq, s.id, s.size, s.sha256, s.body_file AS file, b.bytes
    FROM submission AS s LEFT JOIN body AS b ON b.submission = s.seq WHERE s.seq > :seq AND s.has_body = 1 ORDER BY s.seq LIMIT 1`,
  companion: `SELECT c.seq, s.id, c.size, c.sha256, c.file, c.bytes
    FROM companion AS c CROSS JOIN submission AS s ON s.seq = c.submission WHERE c.seq > :seq ORDER BY c.seq LIMIT 1`,
  report: `SELECT r.seq, r.id, r.size, r.sha256, b.file, b.body
    FROM report AS r LEFT JOIN report_body AS b ON b.report = r.seq WHERE r.seq > :seq AND r.has_body = 1 ORDER BY r.seq LIMIT 1`,
  attachment: `SELECT a.seq, r.id, a.size, a.sha256, a.file, a.bytes
    FROM attachment AS a CROSS JOIN report AS r ON r.seq = a.report WHERE a.seq > :seq ORDER BY a.seq LIMIT 1`,
};

function findProblem(kind: BodyKind, row: Row): DamagedBody['problem'] | null {
  const content =
    kind === 'report' ? readTextOrNull(row, 'body') : row['bytes'] === null ? null : readBytes(row, 'bytes');
  if (content === null) return 'missing';
  return hash(content) === readText(row, 'sha256') ? null : 'mismatch';
}

/**
 * Check the bodies behind a place.
 *
 * @param after - Where the last batch ended; null at first.
 */
export function verifyRows({ database }: StoreContext, after: VerifyPlace | null): VerifyBatch {
  let place: VerifyPlace = after ?? { kind: KINDS[0], seq: 0 };
  let [checked, bytes] = [0, 0];
  const damaged: DamagedBody[] = [];
  const files: FileBody[] = [];
  while (checked < BATCH_BODIES && bytes < BATCH_BYTES) {
    const { kind } = place;
    const row = database.get(NEXT[kind], { seq: place.seq });
    if (row === undefined) {
      const following = KINDS[KINDS.indexOf(kind) + 1];
      if (following === undefined) return { checked, bytes, damaged, files, next: null };
      place = { kind: following, seq: 0 };
      continue;
    }
    place = { kind, seq: readNumber(row, 'seq') };
    const [id, size] = [readText(row, 'id'), readNumber(row, 'size')];
    const file = readTextOrNull(row, 'file');
    checked += 1;
    if (file !== null) {
      files.push({ ...place, id, file, size, sha256: readText(row, 'sha256') });
      continue;
    }
    bytes += size;
    const problem = findProblem(kind, row);
    if (problem !== null) damaged.push({ kind, id, problem });
  }
  return { checked, bytes, damaged, files, next: place };
}

/**
 * Does a body still lie in this file? It may have been let go while it was read.
 *
 * @param body - As it was found.
 */
export function isFileNamed({ database }: StoreContext, { kind, seq, file }: FileBody): boolean {
  return database.get(NEXT[kind], { seq: seq - 1 })?.['file'] === file;
}
