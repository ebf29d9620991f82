// What a thread finds in its environment: nothing of the process's own.

import { getCompileCacheDir } from 'node:module';
import path from 'node:path';

/**
 * The environment of a thread: no variable of the process, only the folder of compiled modules where the launcher set one, so
 * that a thread starts as fast as the process did.
 */
export function threadEnvironment(): Record<string, string> {
  const folder = getCompileCacheDir();
  // Source: Node's documentation of `module.enableCompileCache`: it keeps a folder for each version below the one it was given.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(folder) };
}
