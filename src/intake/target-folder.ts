// The folder that finished files move to, and the names they get there: nothing is overwritten, no link is followed.

import { realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { ensureDurableDirectory } from '../disk/durable-file.ts';
import { makePathRelation } from '../disk/path-relation.ts';
import type { PostAction } from '../store/types.ts';
import { fitName, splitName } from './fit-name.ts';

// As the umask allows: people on the shop floor read them.
const FOLDER_MODE = 0o777;

const { isSame, isInside } = makePathRelation();

/**
 * Make the folder that a file moves to: the target, and in it the folders that the file lay in.
 *
 * @param root - The watch folder.
 * @param target - Absolute; inside the watch folder or elsewhere.
 * @param path - Of the file, relative to the watch folder.
 * @returns its absolute path.
 * @throws {Error} when a link on the way leads elsewhere; the system's error when it cannot be made.
 */
export async function makeTargetFolder(root: string, target: string, path: string): Promise<string> {
  const folder = join(target, dirname(path));
  await ensureDurableDirectory(folder, { mode: FOLDER_MODE });
  // Where the owner put the watch folder or a target elsewhere may be reached through links; what lies below may not.
  const base = isInside(target, root) ? root : target;
  const expected = join(await realpath(base), relative(base, folder));
  if (!isSame(await realpath(folder), expected))
    throw new Error('Cannot move file: a link leads out of the target folder');
  return folder;
}

/** The name of the record beside a failed file. */
export const recordNameOf = (name: string): string => `${name}.error.json`;

/**
 * Names to try in turn: the file's own, then with the time of its end and its id; cut where they would be too long.
 *
 * @param action - Whose file moves.
 * @param options - `hasRecord`: so short that the name of the record is none too long either.
 */
export function candidateNames(
  { path, submissionId, endedAtUnixMs, seq }: Pick<PostAction, 'path' | 'submissionId' | 'endedAtUnixMs' | 'seq'>,
  { hasRecord }: { readonly hasRecord: boolean },
): readonly string[] {
  const parts = splitName(path.slice(path.lastIndexOf('/') + 1));
  const besideBytes = hasRecord ? recordNameOf('').length : 0;
  const time = new Date(endedAtUnixMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const id = submissionId === null ? `${seq}` : submissionId.slice(-8);
  const additions = ['', `.${time}-${id}`, `.${time}-${id}-${seq}`];
  return additions.map((addition) => fitName(parts, { addition, besideBytes }));
}
