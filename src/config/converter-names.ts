// Which names of converters a configuration may use: those of the package, and the sub-folders of its own folders.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../core/errors.ts';
import type { Places } from '../disk/places.ts';
import { resolveConfigPath } from './config-path.ts';
import type { ConvertersConfig } from './schema/root.ts';

const BUNDLED = join(import.meta.dirname, '../../converters');

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()))
      .map(({ name }) => name);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/**
 * List the names by their folders; whether the gate lets a converter run is not looked at.
 *
 * @param places - Where paths lead.
 * @param config - `converters`.
 * @returns null when a folder is there and cannot be read: then nobody can say that a name does not exist.
 */
export function listConverterNames(places: Places, { folders, bundled }: ConvertersConfig): readonly string[] | null {
  const paths = Object.values(folders).map(({ path }) => resolveConfigPath(places, path));
  try {
    return (bundled ? [BUNDLED, ...paths] : paths).flatMap(namesIn);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return null;
    throw error;
  }
}
