// Paths that come from outside (a name, a manifest, a setting) held inside the folder they belong to.

import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { READ_REAL_FILE } from './private-directory.ts';

/** Options of the functions here. */
export type ConfineOptions = { readonly platform?: NodeJS.Platform };

const MAX_NAME_BYTES = 255;
// A colon begins an alternate stream, the others are wildcards or pipes.
const WINDOWS_SIGNS = /[:*?"<>|]/;
// Source: "Naming Files, Paths, and Namespaces" (Microsoft): devices, with any extension; a dot or blank at the end is cut off.
const WINDOWS_NAMES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|[. ]$/i;

function refuse(reason: string, cause?: unknown): AirlockError {
  return new AirlockError('invalid_params', `Cannot use path: ${reason}`, cause === undefined ? {} : { cause });
}

function findFault(part: string, isWindows: boolean): string | null {
  if (part === '' || part === '.' || part === '..') return 'it must be relative, without "." and ".."';
  if (/\p{Cc}/u.test(part)) return 'it holds a control character';
  if (Buffer.byteLength(part) > MAX_NAME_BYTES) return `a name in it has more than ${MAX_NAME_BYTES} bytes`;
  if (isWindows && (WINDOWS_SIGNS.test(part) || WINDOWS_NAMES.test(part)))
    return 'a name in it means something else on Windows';
  return null;
}

function toParts(relative: string, platform: NodeJS.Platform): readonly string[] {
  const isWindows = platform === 'win32';
  const parts = relative.split(isWindows ? /[/\\]/ : '/');
  for (const part of parts) {
    const fault = findFault(part, isWindows);
    if (fault !== null) throw refuse(fault);
  }
  return parts;
}

/**
 * The path of something inside a folder. Pure: what lies there is not looked at.
 *
 * @param root - The folder.
 * @param relative - Names with `/` between them (on Windows `\` too): no empty one, no `.`, no `..`, no control character, at
 * most 255 bytes each; on Windows no device and no alternate stream.
 * @throws {AirlockError} invalid_params when it is anything else; the message does not repeat the path.
 */
export function confinePath(
  root: string,
  relative: string,
  { platform = process.platform }: ConfineOptions = {},
): string {
  return join(root, ...toParts(relative, platform));
}

async function checkInside(
  file: FileHandle,
  { root, parts }: { root: string; parts: readonly string[] },
): Promise<void> {
  const expected = join(await realpath(root), ...parts);
  if ((await realpath(dirname(expected))) !== dirname(expected)) throw refuse('a link leads out of its folder');
  // Race: a folder may be exchanged between opening and looking; the same device and inode say that it was not.
  const [opened, named] = await Promise.all([file.stat({ bigint: true }), lstat(expected, { bigint: true })]);
  if (!opened.isFile()) throw refuse('it is no regular file');
  if (opened.dev !== named.dev || opened.ino !== named.ino) throw refuse('it was exchanged while it was opened');
}

/**
 * Open a regular file inside a folder for reading. No link is followed, neither the file's own nor one of a folder on the way.
 *
 * The folder itself may be reached through a link: it is the owner's choice.
 *
 * @param root - The folder.
 * @param relative - As for {@link confinePath}.
 * @returns an open file; the caller closes it.
 * @throws {AirlockError} invalid_params when the path or what lies there is not allowed; file_unreadable when the system
 * refuses (missing included; cause is its error).
 */
export async function openConfined(root: string, relative: string): Promise<FileHandle> {
  const parts = toParts(relative, process.platform);
  let file: FileHandle | undefined;
  try {
    // On Windows the check after opening is all there is.
    file = await open(join(root, ...parts), READ_REAL_FILE);
    await checkInside(file, { root, parts });
    return file;
  } catch (cause) {
    await file?.close();
    if (cause instanceof AirlockError) throw cause;
    if (isSystemError(cause, 'ELOOP', 'EMLINK')) throw refuse('it is a link', cause);
    throw new AirlockError('file_unreadable', 'Cannot open file: the system refused', { cause });
  }
}
