// Large reports as files, on the main thread: written before the store's thread is told, read after it has answered.

import { open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { INLINE_BODY_BYTES } from '../core/body.ts';
import { makeUuidV7 } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import { writeFully } from '../disk/durable-file.ts';
import type { StoreFiles } from './folder.ts';
import { hash } from './hash.ts';
import { makePlacer, type Placer } from './payload.ts';
import type { PlacedEnd, PlacedReport, PlacedText } from './placed-end.ts';
import type { NewReport, SubmissionEnd } from './types.ts';

/** What {@link makeReportFiles} needs. */
export type ReportFilesDeps = {
  readonly files: Pick<StoreFiles, 'incoming' | 'payload'>;
  readonly log: Pick<Logger, 'error'>;
  readonly nowUnixMs: () => number;
};

/** Files of one end, from the first byte until its row is there or will never be. */
export type PlacedFiles = {
  readonly end: PlacedEnd;
  readonly ids: readonly string[];
  readonly names: readonly string[];
};

/** See {@link makeReportFiles}. */
export type ReportFiles = {
  /** Ids of files whose row is not there yet: not orphans, should the thread begin anew. */
  readonly inHand: () => readonly string[];
  /** Is any report of this end too large for a row? */
  readonly isLarge: (end: SubmissionEnd) => boolean;
  /**
   * Write the large reports of an end, durably. What cannot be written stays a row: the result of a conversion is always stored.
   */
  readonly place: (end: SubmissionEnd) => Promise<PlacedFiles>;
  /** `isKept`: a row names them, or may name them. */
  readonly settle: (placed: PlacedFiles, isKept: boolean) => Promise<void>;
  /**
   * The text of a stored report; null when its file is missing, cut or another one, or cannot be read. That is logged if the file
   * `isNamed` still: a report that was delivered meanwhile has none.
   */
  readonly read: (stored: StoredText, isNamed: () => Promise<boolean>) => Promise<string | null>;
};

/** Where the text of a report lies, and what it must be. */
export type StoredText = { readonly file: string; readonly sha256: string };

const isLargeReport = ({ body }: NewReport): boolean => Buffer.byteLength(body) > INLINE_BODY_BYTES;

type Writing = { readonly deps: ReportFilesDeps; readonly placer: Placer };

async function writeText({ deps, placer }: Writing, id: string, body: string): Promise<PlacedText> {
  const path = join(deps.files.incoming, `${id}.part`);
  const bytes = Buffer.from(body);
  try {
    {
      await using file = await open(path, 'wx', 0o600);
      await writeFully(file, bytes);
      // Order: the bytes before the name, the name before the row.
      await file.datasync();
    }
    return { file: await placer.place(id, path), size: bytes.byteLength, sha256: hash(bytes) };
  } catch (error) {
    // What is left of it goes at the next start.
    await unlink(path).catch(() => undefined);
    throw error;
  }
}

type ReadText = { readonly text: string | null; readonly problem: unknown };

async function readText(path: string, sha256: string): Promise<ReadText> {
  try {
    const bytes = await readFile(path);
    if (hash(bytes) === sha256) return { text: bytes.toString('utf8'), problem: null };
    return { text: null, problem: new Error('Cannot read report: its bytes do not match its hash') };
  } catch (problem) {
    return { text: null, problem };
  }
}

/**
 * Make the files of large reports.
 *
 * @param deps - Folders, log, clock.
 */
export function makeReportFiles(deps: ReportFilesDeps): ReportFiles {
  const writing: Writing = { deps, placer: makePlacer(deps.files.payload) };
  const inHand = new Set<string>();
  const placeReport = async (report: NewReport, ids: string[]): Promise<PlacedReport> => {
    if (!isLargeReport(report)) return report;
    const id = makeUuidV7(deps.nowUnixMs());
    ids.push(id);
    inHand.add(id);
    try {
      return { ...report, body: '', placed: await writeText(writing, id, report.body) };
    } catch (err) {
      deps.log.error(
        { err, reportId: report.reportId },
        'a large report goes into the database: its file cannot be written',
      );
      return report;
    }
  };
  return {
    inHand: () => [...inHand],
    isLarge: (end) => end.state === 'converted' && end.reports.some(isLargeReport),
    place: async (end) => {
      if (end.state !== 'converted') return { end, ids: [], names: [] };
      const ids: string[] = [];
      const reports: PlacedReport[] = [];
      for (const report of end.reports) reports.push(await placeReport(report, ids));
      return { end: { ...end, reports }, ids, names: reports.flatMap(({ placed }) => placed?.file ?? []) };
    },
    settle: async ({ ids, names }, isKept) => {
      // What cannot be removed now is an orphan of the next start.
      const remove = (name: string): Promise<void> => unlink(join(deps.files.payload, name)).catch(() => undefined);
      if (!isKept) await Promise.all(names.map(remove));
      for (const id of ids) inHand.delete(id);
    },
    read: async ({ file, sha256 }, isNamed) => {
      const { text, problem } = await readText(join(deps.files.payload, file), sha256);
      if (problem !== null && (await isNamed())) {
        deps.log.error({ file, err: problem }, 'the file of a stored report is damaged');
      }
      return text;
    },
  };
}
