// Attachments in the `directory` destination: in a folder beside the report, each under its hash.

import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../core/errors.ts';
import { ensureDurableDirectory } from '../disk/durable-file.ts';
import { listAttachments } from '../report/list-attachments.ts';
import { parseStoredReport } from '../report/wsjf.ts';
import { placeFile } from './place-file.ts';
import type { OutgoingReport } from './send.ts';

/** Endings by media type. Trust: the bytes are a guest's, so none is here that opens as a program or a page with scripts. */
const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['application/gzip', '.gz'],
  ['application/json', '.json'],
  ['application/pdf', '.pdf'],
  ['application/zip', '.zip'],
  ['image/bmp', '.bmp'],
  ['image/gif', '.gif'],
  ['image/jpeg', '.jpg'],
  ['image/png', '.png'],
  ['image/tiff', '.tif'],
  ['image/webp', '.webp'],
  ['text/csv', '.csv'],
  ['text/plain', '.txt'],
]);

/** Ending of everything else. */
const OTHER_EXTENSION = '.bin';

/**
 * Ending of a file name for a media type.
 *
 * @param mediaType - With or without parameters, in any case.
 * @returns With its dot.
 */
export function toExtension(mediaType: string): string {
  const [essence = ''] = mediaType.split(';');
  return EXTENSIONS.get(essence.trim().toLowerCase()) ?? OTHER_EXTENSION;
}

/** A hash that has several media types goes by the first: one file for the same bytes. */
function mediaTypesOf({ body }: OutgoingReport): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const { sha256, mediaType } of listAttachments(parseStoredReport(body))) {
    if (sha256 !== null && !types.has(sha256)) types.set(sha256, mediaType);
  }
  return types;
}

/** The folder of a report's attachments, made when it is missing; null when something else has its name. */
async function openFolder(day: string, reportId: string): Promise<string | null> {
  const folder = join(day, reportId);
  const stats = await lstat(folder).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  });
  // Trust: a link in the place of the folder would lead the write out of the root.
  if (stats !== null) return stats.isDirectory() ? folder : null;
  await ensureDurableDirectory(folder);
  return folder;
}

/**
 * Put the attachments of a report into `<day>/<report id>/<sha256><extension>`, each durable once this resolves.
 *
 * Revisions share the folder: the same name is the same bytes.
 *
 * @param day - Folder of the report; exists.
 * @param report - Its id and the hashes are checked: they become names. The names that a guest gave are not used.
 * @param options - `signal` stops it between files.
 * @returns `other`: something else has one of the names, and was left as it is.
 * @throws the system's error; rejects with `signal.reason` when aborted.
 */
export async function placeAttachments(
  day: string,
  report: OutgoingReport,
  options: { readonly signal: AbortSignal },
): Promise<'placed' | 'other'> {
  if (report.attachments.length === 0) return 'placed';
  const directory = await openFolder(day, report.reportId);
  if (directory === null) return 'other';
  const mediaTypes = mediaTypesOf(report);
  for (const { sha256, bytes } of report.attachments) {
    const name = `${sha256}${toExtension(mediaTypes.get(sha256) ?? '')}`;
    if ((await placeFile({ directory, name, bytes }, options)) === 'other') return 'other';
  }
  return 'placed';
}
