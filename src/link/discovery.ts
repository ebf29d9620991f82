// The discovery file `<run>/<instance>.json`: how callers find the daemon without guessing. Source: protocol.md 10.

import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { writeFileAtomic } from '../disk/atomic-file.ts';
import { READ_REAL_FILE } from '../disk/private-directory.ts';
import { isJsonObject } from './json-body.ts';

/** What a discovery file says; no secret in it. */
export type Discovery = {
  /** Socket path, or full pipe name. Both sides put this very text into their proofs. */
  readonly endpoint: string;
  readonly instance: string;
  readonly pid: number;
  readonly bootId: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly protocol: { readonly min: number; readonly max: number };
  readonly version: string;
};

/** More is no discovery file. */
const MAX_BYTES = 16_384;

const pathOf = (run: string, instance: string): string => join(run, `${instance}.json`);

/**
 * Tell callers where to connect. Order: only once the endpoint listens.
 *
 * @param run - Runtime folder; private, or a group's.
 * @param options - `gid`: the group that may read it; private without one.
 * @throws {AirlockError} cannot_write when the system refuses.
 */
export async function writeDiscovery(
  run: string,
  discovery: Discovery,
  { gid }: { readonly gid?: number | undefined } = {},
): Promise<void> {
  const text = `${JSON.stringify(discovery, null, 2)}\n`;
  await writeFileAtomic(pathOf(run, discovery.instance), text, { mode: gid === undefined ? 0o600 : 0o640, gid });
}

/**
 * Take the file away. Harmless when there is none.
 *
 * @param run - Runtime folder.
 */
export async function removeDiscovery(run: string, instance: string): Promise<void> {
  await rm(pathOf(run, instance), { force: true });
}

function isRange(value: unknown): value is Discovery['protocol'] {
  return isJsonObject(value) && Number.isSafeInteger(value['min']) && Number.isSafeInteger(value['max']);
}

function parseDiscovery(text: string): Discovery | null {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) return null;
  const { endpoint, instance, pid, bootId, startedAt, protocol, version } = value;
  if (typeof endpoint !== 'string' || typeof instance !== 'string' || typeof pid !== 'number') return null;
  if (typeof bootId !== 'string' || typeof startedAt !== 'string' || typeof version !== 'string') return null;
  return isRange(protocol) ? { endpoint, instance, pid, bootId, startedAt, protocol, version } : null;
}

/** The file's text; null when there is no file. A file that is too large is cut, and so no longer parses. */
async function readText(path: string): Promise<string | null> {
  try {
    // What else may lie there, a FIFO above all, must not keep the caller waiting.
    await using file = await open(path, READ_REAL_FILE);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw new AirlockError('unavailable', `Cannot read discovery file ${path}: the system refused`, { cause });
  }
}

/**
 * Read where an instance listens.
 *
 * @param run - Runtime folder; the caller has checked that it is private.
 * @returns null when there is no file: nothing runs. A file may be left over from a daemon that was killed.
 * @throws {AirlockError} unavailable when the file cannot be read, is none, or is another instance's.
 */
export async function readDiscovery(run: string, instance: string): Promise<Discovery | null> {
  const path = pathOf(run, instance);
  const text = await readText(path);
  if (text === null) return null;
  const refuse = (cause?: unknown): AirlockError => {
    const reason = `it is no discovery file of instance ${instance}; restart the daemon`;
    return new AirlockError('unavailable', `Cannot use discovery file ${path}: ${reason}`, { cause });
  };
  try {
    const discovery = parseDiscovery(text);
    if (discovery?.instance === instance) return discovery;
  } catch (cause) {
    throw refuse(cause);
  }
  throw refuse();
}
