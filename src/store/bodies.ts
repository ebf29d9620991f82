// Raw files of submissions in the database: as bytes or as the name of a file, written, read and let go.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Body, Companion } from '../core/body.ts';
import { isSystemError } from '../core/errors.ts';
import { hash } from './hash.ts';
import type { StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { type PlacedBody, type PlacedInput, placedSize } from './placed.ts';
import { readBytes, readNumber, readText, readTextOrNull } from './rows.ts';

const NO_BYTES = new Uint8Array(0);

/** SHA-256 of a placed body, lower-case hex. */
export function placedHash(body: PlacedBody): string {
  return body.kind === 'inline' ? hash(body.bytes) : body.sha256;
}

/**
 * Keep the bodies of a new submission.
 *
 * @param seq - Its row number; the row has `body_file`.
 */
export function insertBodies(
  { database }: Pick<StoreContext, 'database'>,
  seq: number,
  { body, companions }: Pick<PlacedInput, 'body' | 'companions'>,
): void {
  if (body.kind === 'inline') {
    database.run('INSERT INTO body (submission, bytes) VALUES (:seq, :bytes)', { seq, bytes: body.bytes });
  }
  for (const [position, { name, body: each }] of companions.entries()) {
    database.run(
      `INSERT INTO companion (submission, position, name, size, sha256, file, bytes)
       VALUES (:seq, :position, :name, :size, :sha256, :file, :bytes)`,
      {
        seq,
        position,
        name,
        size: placedSize(each),
        sha256: placedHash(each),
        file: each.kind === 'file' ? each.file : null,
        bytes: each.kind === 'inline' ? each.bytes : NO_BYTES,
      },
    );
  }
}

/**
 * Is a file there with its size?
 *
 * @param path - Of the file.
 * @param size - Expected, bytes.
 * @throws the system's error when it can neither be found nor missed.
 */
export function isFileWhole(path: string, size: number): boolean {
  try {
    return statSync(path).size === size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

function toFileBody(payload: string, file: string, size: number): Body | null {
  const path = join(payload, file);
  return isFileWhole(path, size) ? { kind: 'file', path, size } : null;
}

function readCompanion(payload: string, row: Row): Companion | null {
  const file = readTextOrNull(row, 'file');
  const body: Body | null =
    file === null
      ? { kind: 'inline', bytes: readBytes(row, 'bytes') }
      : toFileBody(payload, file, readNumber(row, 'size'));
  return body === null ? null : { name: readText(row, 'name'), body, sha256: readText(row, 'sha256') };
}

/** Bodies of one submission. */
export type Bodies = { readonly body: Body; readonly companions: readonly Companion[] };

/**
 * Read the bodies of a submission.
 *
 * @param submission - All its columns.
 * @returns Null when a row or file is missing, or a file has another size: somebody was at the disk.
 */
export function readBodies({ database, payload }: StoreContext, submission: Row): Bodies | null {
  const seq = readNumber(submission, 'seq');
  const file = readTextOrNull(submission, 'body_file');
  const row = database.get('SELECT bytes FROM body WHERE submission = :seq', { seq });
  const inline: Body | null = row === undefined ? null : { kind: 'inline', bytes: readBytes(row, 'bytes') };
  const body = file === null ? inline : toFileBody(payload, file, readNumber(submission, 'size'));
  const rows = database.all('SELECT * FROM companion WHERE submission = :seq ORDER BY position', { seq });
  const companions = rows.flatMap((companion) => readCompanion(payload, companion) ?? []);
  return body === null || companions.length < rows.length ? null : { body, companions };
}

/**
 * Let the bodies of a submission go; its row stays. Bytes are counted off, files go after the commit.
 *
 * @param submission - Columns `seq`, `size`, `companion_size`, `body_file`, `has_body`.
 */
export function dropBodies({ database, ledger }: StoreContext, submission: Row): void {
  if (readNumber(submission, 'has_body') === 0) return;
  const seq = readNumber(submission, 'seq');
  const file = readTextOrNull(submission, 'body_file');
  if (file !== null) ledger.unlinkLater(file);
  for (const row of database.all('SELECT file FROM companion WHERE submission = :seq AND file IS NOT NULL', { seq })) {
    ledger.unlinkLater(readText(row, 'file'));
  }
  database.run('DELETE FROM body WHERE submission = :seq', { seq });
  database.run('DELETE FROM companion WHERE submission = :seq', { seq });
  // The arguments were counted with the companions; without the file nobody needs them.
  database.run("UPDATE submission SET has_body = 0, body_file = NULL, arguments = '{}' WHERE seq = :seq", { seq });
  ledger.addBytes(-readNumber(submission, 'size') - readNumber(submission, 'companion_size'));
}
