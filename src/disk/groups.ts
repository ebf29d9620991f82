// Groups of this machine by name: Node knows ids only.

import { open } from 'node:fs/promises';
import { AirlockError } from '../core/errors.ts';

/** Where local groups lie. Source: group(5). */
const GROUP_FILE = '/etc/group';
/** More is no list of local groups. */
const MAX_BYTES = 4 * 1024 * 1024;
const DECIMAL = /^\d{1,10}$/;

/**
 * Read the lines of group(5): `name:password:gid:members`.
 *
 * @param text - Of the file; a line that is none is left out.
 */
export function parseGroups(text: string): ReadonlyMap<string, number> {
  const rows = text.split('\n').map((line) => line.split(':'));
  return new Map(
    rows.flatMap(([name = '', , gid = '']) => (name !== '' && DECIMAL.test(gid) ? [[name, Number(gid)] as const] : [])),
  );
}

/**
 * The ids of local groups, by name. Groups of a domain that lie in no file are not found.
 *
 * @throws {AirlockError} unavailable when the list cannot be read.
 */
export async function readGroups(): Promise<ReadonlyMap<string, number>> {
  try {
    await using file = await open(GROUP_FILE, 'r');
    const { size } = await file.stat();
    if (size > MAX_BYTES) throw new Error(`${size} bytes instead of at most ${MAX_BYTES}`);
    return parseGroups(await file.readFile('utf8'));
  } catch (cause) {
    throw new AirlockError('unavailable', `Cannot read the groups of this machine in ${GROUP_FILE}`, { cause });
  }
}
