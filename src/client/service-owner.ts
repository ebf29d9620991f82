// Which user a system service runs as, by root's word. Source: protocol.md 10.

import { AirlockError, isSystemError } from '../core/errors.ts';
import { quotePath, refusePath } from '../disk/ownership.ts';
import { checkFile, openRealFile } from '../disk/private-directory.ts';

const ROOT_UID = 0;
/** Nobody but root may have written it. */
const RECORD = { uids: [ROOT_UID], mode: 0o644 } as const;
/** It holds one number. */
const MAX_BYTES = 4096;

function parseUid(text: string): number | null {
  try {
    const value: unknown = JSON.parse(text);
    const uid = typeof value === 'object' && value !== null && 'uid' in value ? value.uid : null;
    return typeof uid === 'number' && Number.isSafeInteger(uid) && uid >= 0 ? uid : null;
  } catch {
    // What it is instead is said below.
    return null;
  }
}

/**
 * Users that a service's folder, socket and keys may belong to: root, and the one that root's file names.
 *
 * @param path - `/etc/airlock/service.json`: `{uid}`; absent = root alone.
 * @throws {AirlockError} unavailable when the file is not root's, others may write it, or it names no user.
 */
export async function readServiceUids(path: string): Promise<readonly number[]> {
  try {
    await using file = await openRealFile(path);
    const stats = await file.stat();
    checkFile(path, stats, RECORD);
    const uid = stats.size > MAX_BYTES ? null : parseUid(await file.readFile('utf8'));
    if (uid !== null) return uid === ROOT_UID ? [ROOT_UID] : [uid, ROOT_UID];
  } catch (cause) {
    if (cause instanceof AirlockError) throw cause;
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return [ROOT_UID];
    throw new AirlockError('unavailable', `Cannot read ${path}: the system refused`, { cause });
  }
  const mend = `mv ${quotePath(path)} ${quotePath(`${path}.old`)}`;
  throw refusePath(path, { check: 'service_user', found: 'no JSON object with the number uid', mend });
}
