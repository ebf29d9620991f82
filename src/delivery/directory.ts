// The `directory` destination: one JSON file per report, in a folder per day of acceptance, its attachments beside it.

import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../core/errors.ts';
import { isUuid } from '../core/ids.ts';
import { ensureDurableDirectory } from '../disk/durable-file.ts';
import { placeAttachments } from './attachment-files.ts';
import { placeFile } from './place-file.ts';
import type { OutgoingReport, Send, SendOutcome } from './send.ts';

const SHA256 = /^[0-9a-f]{64}$/;

type Trouble = { readonly reason: string; readonly codes: readonly string[]; readonly why: string };

/** What a person must mend; everything else (EIO, EMFILE, EBUSY, …) may pass by itself. */
const MISCONFIGURED: readonly Trouble[] = [
  { reason: 'disk_full', codes: ['ENOSPC', 'EDQUOT'], why: 'the disk is full' },
  { reason: 'not_writable', codes: ['EACCES', 'EPERM', 'EROFS'], why: 'the folder is not writable' },
  {
    reason: 'wrong_path',
    codes: ['ENOTDIR', 'ELOOP', 'ENOENT', 'EEXIST', 'EISDIR', 'ENAMETOOLONG', 'EFBIG'],
    why: 'the path cannot hold the file',
  },
];

function toOutcome(error: unknown): SendOutcome {
  const trouble = MISCONFIGURED.find(({ codes }) => isSystemError(error, ...codes));
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const start = 'Cannot write report to folder';
  if (trouble !== undefined) {
    return { kind: 'misconfigured', reason: trouble.reason, error: `${start}: ${trouble.why}, ${code}`, answer: null };
  }
  return { kind: 'transient', reason: 'io', error: `${start}: ${code}`, answer: null, retryAfterMs: null };
}

async function openDay(root: string, acceptedAtUnixMs: number): Promise<string> {
  await ensureDurableDirectory(root);
  const day = join(await realpath(root), new Date(acceptedAtUnixMs).toISOString().slice(0, 10));
  await ensureDurableDirectory(day);
  // Trust: a link in the place of a day's folder would lead the write out of the root.
  if ((await lstat(day)).isDirectory()) return day;
  throw Object.assign(new Error('Cannot use day folder: it is a link'), { code: 'ENOTDIR' });
}

async function place(day: string, report: OutgoingReport, signal: AbortSignal): Promise<'placed' | 'other'> {
  // Order: before the report, so that whoever finds the report finds what it names.
  if ((await placeAttachments(day, report, { signal })) === 'other') return 'other';
  const bytes = Buffer.from(report.body, 'utf8');
  for (const name of [`${report.reportId}.json`, `${report.reportId}.${report.revision}.json`]) {
    if ((await placeFile({ directory: day, name, bytes }, { signal })) === 'placed') return 'placed';
  }
  return 'other';
}

async function store(root: string, report: OutgoingReport, signal: AbortSignal): Promise<SendOutcome> {
  const day = await openDay(root, report.acceptedAtUnixMs);
  if ((await place(day, report, signal)) === 'placed') return { kind: 'delivered', serverId: null, answer: null };
  const error = 'Cannot write report to folder: other content lies under its names, and nothing is overwritten';
  return { kind: 'refused', reason: 'conflict', error, answer: null };
}

/** What would make a name that is not ours; null when there is nothing. */
function findUnnamable({ reportId, attachments }: OutgoingReport): SendOutcome | null {
  if (!isUuid(reportId)) {
    return { kind: 'unsendable', reason: 'invalid_id', error: 'Cannot name report file: the id is no UUID' };
  }
  if (attachments.every(({ sha256 }) => SHA256.test(sha256))) return null;
  return { kind: 'unsendable', reason: 'invalid_id', error: 'Cannot name attachment file: the hash is no SHA-256' };
}

/**
 * Send for `directory`: `<root>/<yyyy-mm-dd>/<report id>.json`, durable before it counts as delivered.
 *
 * The day is the UTC date of acceptance, so that every attempt finds the same name. The same bytes there = delivered; other
 * bytes = `<report id>.<revision>.json` beside them; nothing is ever overwritten. Attachments come first, into `<report id>/`.
 *
 * @param root - Absolute path; made when it is missing.
 * @returns `delivered`, `refused` with `conflict`, `misconfigured` with `disk_full`, `not_writable` or `wrong_path`,
 * `transient` with `io`, or `unsendable` with `invalid_id`.
 * Source: queue.md 3, destinations.
 */
export function makeDirectorySend(root: string): Send {
  return async (report, { signal }) => {
    signal.throwIfAborted();
    // Trust: id and hashes become file names.
    const unnamable = findUnnamable(report);
    if (unnamable !== null) return unnamable;
    try {
      return await store(root, report, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return toOutcome(error);
    }
  };
}
