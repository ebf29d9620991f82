// The `directory` destination: one JSON file per report, in a folder per day of acceptance.

import { lstat, open, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../core/errors.ts';
import { isUuid } from '../core/ids.ts';
import { ensureDurableDirectory, writeDurableFile } from '../disk/durable-file.ts';
import { syncDirectory } from '../disk/sync-directory.ts';
import type { OutgoingReport, Send, SendOutcome } from './send.ts';

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

/** What lies under a name: nothing, these very bytes (now durable), or something else. */
async function compare(directory: string, name: string, bytes: Buffer): Promise<'absent' | 'same' | 'other'> {
  const path = join(directory, name);
  const stats = await lstat(path).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  });
  if (stats === null) return 'absent';
  if (!stats.isFile() || stats.size !== bytes.byteLength) return 'other';
  if (!(await readFile(path)).equals(bytes)) return 'other';
  // Order: a crash may have come between this file's rename and the flush of its folder; the receipt must not be first.
  await using file = await open(path, 'r+');
  await file.datasync();
  await syncDirectory(directory);
  return 'same';
}

async function openDay(root: string, acceptedAtUnixMs: number): Promise<string> {
  await ensureDurableDirectory(root);
  const day = join(await realpath(root), new Date(acceptedAtUnixMs).toISOString().slice(0, 10));
  await ensureDurableDirectory(day);
  // Trust: a link in the place of a day's folder would lead the write out of the root.
  if ((await lstat(day)).isDirectory()) return day;
  throw Object.assign(new Error('Cannot use day folder: it is a link'), { code: 'ENOTDIR' });
}

async function store(root: string, report: OutgoingReport, signal: AbortSignal): Promise<SendOutcome> {
  const bytes = Buffer.from(report.body, 'utf8');
  const directory = await openDay(root, report.acceptedAtUnixMs);
  for (const name of [`${report.reportId}.json`, `${report.reportId}.${report.revision}.json`]) {
    const found = await compare(directory, name, bytes);
    signal.throwIfAborted();
    if (found === 'absent') await writeDurableFile({ directory, name, bytes });
    if (found !== 'other') return { kind: 'delivered', serverId: null, answer: null };
  }
  const error = 'Cannot write report to folder: other content lies under its names, and nothing is overwritten';
  return { kind: 'refused', reason: 'conflict', error, answer: null };
}

/**
 * Send for `directory`: `<root>/<yyyy-mm-dd>/<report id>.json`, durable before it counts as delivered.
 *
 * The day is the UTC date of acceptance, so that every attempt finds the same name. The same bytes there = delivered; other
 * bytes = `<report id>.<revision>.json` beside them; nothing is ever overwritten.
 *
 * @param root - Absolute path; made when it is missing.
 * @returns `delivered`, `refused` with `conflict`, `misconfigured` with `disk_full`, `not_writable` or `wrong_path`,
 * `transient` with `io`, or `unsendable` with `invalid_id`.
 * Source: queue.md 3, destinations.
 */
export function makeDirectorySend(root: string): Send {
  return async (report, { signal }) => {
    signal.throwIfAborted();
    // Trust: the id becomes a file name.
    if (!isUuid(report.reportId)) {
      return { kind: 'unsendable', reason: 'invalid_id', error: 'Cannot name report file: the id is no UUID' };
    }
    try {
      return await store(root, report, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return toOutcome(error);
    }
  };
}
