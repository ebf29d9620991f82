// Where a path of the configuration leads on this machine.

import { posix, win32 } from 'node:path';
import type { Places } from '../disk/places.ts';

/** Options of {@link resolveConfigPath}. */
export type ConfigPathOptions = { readonly platform?: NodeJS.Platform };

/**
 * The absolute path that a path of the configuration means.
 *
 * Relative paths start at the home folder; `archive` and `delivered`, the defaults, lie where state does. On Windows `/` and
 * `\` mean the same. Placeholders and `~/` were replaced when the configuration was loaded.
 *
 * @param places - Of this instance.
 * @param path - As the loaded configuration holds it.
 */
export function resolveConfigPath(
  places: Pick<Places, 'home' | 'archive' | 'delivered'>,
  path: string,
  { platform = process.platform }: ConfigPathOptions = {},
): string {
  if (path === 'archive') return places.archive;
  if (path === 'delivered') return places.delivered;
  return (platform === 'win32' ? win32 : posix).resolve(places.home, path);
}
