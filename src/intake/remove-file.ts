// Takes finished files away, and only those: whatever turns out to be another file goes back under a name that people see.

import { lstat, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AirlockError, isSystemError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { confinePath } from '../disk/confined.ts';
import type { PostAction } from '../store/types.ts';
import { identityOf } from './look-at.ts';
import { fitName, splitName } from './fit-name.ts';
import { keyAt, keyOf, settleName } from './place-name.ts';
import type { ActionFile } from './post-action-file.ts';

/** How taking away ended. `exchanged`: ours had lost its name already; `changed`: it was written to. What lies there stays in both. */
export type RemoveOutcome = 'removed' | 'exchanged' | 'changed';

/** Hears of a file that could not get its own name back. */
export type RemoveDeps = { readonly log: Pick<Logger, 'warn'> };

// Names that are tried for a file whose own name is taken; each was taken by somebody in the moment before.
const NAMES_TRIED = 100;

/** The name that only this action uses for something half done; it is temporary to every watch folder. */
export const asideName = (action: Pick<PostAction, 'seq'>): string => `.airlock-${action.seq}.part`;

/** The file's own name, then visible ones with the same extension, so that the folder takes them as files of its own. */
function* namesFor(path: string, seq: number): Generator<string> {
  yield path;
  const parts = splitName(basename(path));
  for (let count = 1; count < NAMES_TRIED; count += 1) {
    const addition = `.put-back-${seq}${count === 1 ? '' : `-${count}`}`;
    yield join(dirname(path), fitName(parts, { addition }));
  }
}

type Aside = { readonly aside: string; readonly path: string; readonly seq: number };

/** Order: the name is there before the one aside goes; a crash in between leaves two names of one file, and this ends it. */
async function putBack({ log }: RemoveDeps, { aside, path, seq }: Aside): Promise<void> {
  const key = await keyAt(aside);
  for (const name of namesFor(path, seq)) {
    const isThere = key !== null && (await keyAt(name)) === key;
    if (isThere) await unlink(aside);
    else if ((await settleName(aside, name)) === 'taken') continue;
    if (name !== path) {
      log.warn({ file: basename(path), name: basename(name) }, 'a file that was never taken in got a new name');
    }
    return;
  }
  throw new AirlockError('io_error', `Cannot put file back: ${NAMES_TRIED} names for it are taken`);
}

/**
 * Take a file away, and no other one that took its place, and none that was written to in the meantime.
 *
 * Race: between the look and the removal another program may put a new file there, or write into this one. So it is renamed
 * aside first; what turns out to be another one is put back, under a new visible name where its own was taken meanwhile.
 *
 * @param deps - Hears of such a new name.
 * @param ours - As opened.
 * @param action - As listed.
 * @throws the system's error when it cannot be removed; what is aside then is looked at by {@link removeLeftover}.
 */
export async function removeExactly(
  deps: RemoveDeps,
  ours: Pick<ActionFile, 'path' | 'key'>,
  action: Pick<PostAction, 'seq' | 'identity'>,
): Promise<RemoveOutcome> {
  const aside = join(dirname(ours.path), asideName(action));
  await rename(ours.path, aside);
  const stats = await lstat(aside, { bigint: true });
  if (keyOf(stats) === ours.key && identityOf(stats) === action.identity) {
    await unlink(aside);
    return 'removed';
  }
  await putBack(deps, { aside, path: ours.path, seq: action.seq });
  return keyOf(stats) === ours.key ? 'changed' : 'exchanged';
}

/**
 * Finish what an earlier try that was cut short left aside: the file of the action goes, anything else is put back.
 *
 * @param deps - Hears of a new name.
 * @param root - The watch folder.
 * @param action - As listed.
 * @returns `removed`: nothing is left to be done; what has the file's own name now is another one.
 * @throws the system's error when it can be neither removed nor put back.
 */
export async function removeLeftover(
  deps: RemoveDeps,
  root: string,
  action: Pick<PostAction, 'seq' | 'path' | 'identity'>,
): Promise<'none' | 'removed' | 'put_back'> {
  const path = confinePath(root, action.path);
  const aside = join(dirname(path), asideName(action));
  const stats = await lstat(aside, { bigint: true }).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  });
  if (stats === null) return 'none';
  if (stats.isFile() && identityOf(stats) === action.identity) {
    await unlink(aside);
    return 'removed';
  }
  await putBack(deps, { aside, path, seq: action.seq });
  return 'put_back';
}
