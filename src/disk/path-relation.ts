// Whether two paths are the same folder, or one lies inside the other: as the platform compares names.

import { posix, win32 } from 'node:path';

/** Pure: no link is followed, nothing has to be there. All paths are absolute. */
export type PathRelation = {
  readonly isSame: (a: string, b: string) => boolean;
  /** Below it, at any depth; false for the same folder. */
  readonly isInside: (inner: string, outer: string) => boolean;
};

function foldName(text: string, platform: NodeJS.Platform): string {
  // Source: APFS compares names without case and without the form of their accents; NTFS without case only.
  if (platform === 'darwin') return text.normalize('NFC').toLowerCase();
  return platform === 'win32' ? text.toLowerCase() : text;
}

/**
 * How paths relate on a platform.
 *
 * @param platform - Windows and macOS compare names without their case, Windows knows drives.
 */
export function makePathRelation(platform: NodeJS.Platform = process.platform): PathRelation {
  const path = platform === 'win32' ? win32 : posix;
  const relative = (from: string, to: string): string =>
    path.relative(foldName(from, platform), foldName(to, platform));
  return {
    isSame: (a, b) => relative(a, b) === '',
    isInside: (inner, outer) => {
      const way = relative(outer, inner);
      // On another drive there is no way but an absolute one.
      return way !== '' && way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
    },
  };
}
