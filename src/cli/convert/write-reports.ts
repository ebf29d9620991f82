// Reports on their way out of `convert`: canonical or as the server takes them, one a line or one a file.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AirlockError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../disk/atomic-file.ts';
import type { AssembledReport } from '../../report/stamp.ts';
import { parseStoredReport, toWsjf } from '../../report/wsjf.ts';
import type { Output } from '../output.ts';

/** Formats that are written. */
const FORMATS = ['canonical', 'wsjf'] as const;
/** One of {@link FORMATS}. */
export type Format = (typeof FORMATS)[number];

/** Where reports go. */
export type ReportTarget = {
  readonly format: Format;
  /** Folder, made where it is missing; null: standard output. */
  readonly folder: string | null;
  /** For reports without a date of their own, milliseconds. */
  readonly nowUnixMs: number;
};

/** JSON text of a report, and what had to be changed for it. */
type Written = { readonly text: string; readonly warnings: readonly string[] };

function write({ body, attachments, reportId }: AssembledReport, { format, nowUnixMs }: ReportTarget): Written {
  if (format === 'canonical') {
    const left = attachments.length;
    const warnings =
      left === 0 ? [] : [`the bytes of ${left} attachments are not written, the report names them by hash`];
    return { text: body, warnings };
  }
  const outcome = toWsjf(parseStoredReport(body), {
    receivedAt: new Date(nowUnixMs).toISOString(),
    attachments: new Map(attachments.map(({ sha256, bytes }) => [sha256, bytes])),
  });
  if (outcome.kind === 'ok') return { text: outcome.body, warnings: outcome.warnings };
  throw new AirlockError('request_failed', `Cannot convert report ${reportId}: ${outcome.message}`, {
    data: { reason: outcome.reason },
  });
}

async function writeFiles(reports: readonly (readonly [string, string])[], folder: string): Promise<readonly string[]> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new AirlockError('cannot_write', `Cannot write into ${folder}: the system refused`, { cause });
  }
  const files: string[] = [];
  for (const [reportId, text] of reports) {
    const file = path.join(folder, `${reportId}.json`);
    try {
      await writeFileAtomic(file, `${text}\n`, { mode: 0o644 });
    } catch (cause) {
      const message = `Cannot write ${file}: the system refused; ${files.length} of ${reports.length} reports were written`;
      throw new AirlockError('cannot_write', message, { cause });
    }
    files.push(file);
  }
  return files;
}

/**
 * Write the reports of one file. When one of them has no form in the format, none is written. Each file is whole or not there;
 * where the disk refuses one, those before it stay, and the failure says how many.
 *
 * @param output - Standard output, where no folder is given.
 * @param reports - In order.
 * @param target - See {@link ReportTarget}.
 * @returns Warnings about what was written, and the files, if any.
 * @throws {AirlockError} request_failed when a report has no form in the format; cannot_write.
 */
export async function writeReports(
  output: Pick<Output, 'bare'>,
  reports: readonly AssembledReport[],
  target: ReportTarget,
): Promise<{ readonly warnings: readonly string[]; readonly files: readonly string[] }> {
  const written = reports.map((report) => ({ reportId: report.reportId, ...write(report, target) }));
  const warnings = written.flatMap((one) => one.warnings);
  if (target.folder !== null) {
    const files = await writeFiles(
      written.map(({ reportId, text }) => [reportId, text] as const),
      target.folder,
    );
    return { warnings, files };
  }
  for (const { text } of written) output.bare(JSON.parse(text));
  return { warnings, files: [] };
}
