// Attachments of stored reports: content addressed, beside the body that names them, gone when it goes.

import { hash } from './hash.ts';
import type { StoreContext } from './context.ts';
import { readBytes, readNumber, readText } from './rows.ts';
import type { StoredAttachment } from './types.ts';

type Keeper = Pick<StoreContext, 'database' | 'ledger'>;

/**
 * Keep the attachments of a new report or revision.
 *
 * @param report - Row number of the report.
 * @param attachments - A hash that is there already is left as it is.
 */
export function insertAttachments(
  { database, ledger }: Keeper,
  report: number,
  attachments: readonly StoredAttachment[],
): void {
  for (const { sha256, bytes } of attachments) {
    const { changes } = database.run(
      `INSERT INTO attachment (report, sha256, size, bytes) VALUES (:report, :sha256, :size, :bytes)
       ON CONFLICT (report, sha256) DO NOTHING`,
      { report, sha256, size: bytes.byteLength, bytes },
    );
    ledger.addBytes(changes * bytes.byteLength);
  }
}

/**
 * Give a revision what its body still names and only the revision before it has: a corrected report comes as text alone.
 *
 * @param from - Row number of the revision before.
 * @param to - Row number of the new one, and its body.
 */
export function carryAttachments(
  { database, ledger }: Keeper,
  from: number,
  { report, body }: { readonly report: number; readonly body: string },
): void {
  const before = sumAttachments(database, report);
  database.run(
    `INSERT INTO attachment (report, sha256, size, bytes)
     SELECT :report, sha256, size, bytes FROM attachment WHERE report = :from AND instr(:body, sha256) > 0 ORDER BY seq
     ON CONFLICT (report, sha256) DO NOTHING`,
    { report, from, body },
  );
  ledger.addBytes(sumAttachments(database, report) - before);
}

function sumAttachments(database: StoreContext['database'], report: number): number {
  const row = database.get('SELECT total(size) AS bytes FROM attachment WHERE report = :report', { report });
  return row === undefined ? 0 : readNumber(row, 'bytes');
}

/**
 * Attachments of a report in the order in which they came.
 *
 * @param report - Its row number.
 * @returns Null when one does not match its hash any more.
 */
export function readAttachments(
  { database }: Pick<Keeper, 'database'>,
  report: number,
): readonly StoredAttachment[] | null {
  const attachments = database
    .all('SELECT sha256, bytes FROM attachment WHERE report = :report ORDER BY seq', { report })
    .map((row) => ({ sha256: readText(row, 'sha256'), bytes: readBytes(row, 'bytes') }));
  return attachments.every(({ sha256, bytes }) => hash(bytes) === sha256) ? attachments : null;
}

/**
 * Let the attachments of a report go.
 *
 * @param report - Its row number.
 */
export function dropAttachments({ database, ledger }: Keeper, report: number): void {
  ledger.addBytes(-sumAttachments(database, report));
  database.run('DELETE FROM attachment WHERE report = :report', { report });
}
