// Which names a watch folder takes: literal patterns with `*` and `?`, no regular expressions. Source: configuration.md 1.

import type { IntakeConfig, WatchFolderConfig } from '../config/schema/intake.ts';

/** What a name says about a file. */
export type NameVerdict = 'wanted' | 'temporary' | 'other';

/**
 * Does a text fit a pattern? `*` = any run of characters, none included, `/` too; `?` = one; upper and lower case are equal.
 *
 * Two pointers: on a mismatch only the last star grows, so that time is at most text × pattern.
 *
 * @param text - A name or a relative path.
 * @param pattern - `*.*` means everything, as on Windows.
 */
export function fitsPattern(text: string, pattern: string): boolean {
  if (pattern === '*.*') return true;
  const [given, wanted] = [text.toLowerCase(), pattern.toLowerCase()];
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < given.length) {
    const sign = wanted[inPattern];
    if (sign === '*') {
      star = inPattern;
      resumeAt = at;
      inPattern += 1;
    } else if (sign === '?' || sign === given[at]) {
      at += 1;
      inPattern += 1;
    } else if (star >= 0) {
      resumeAt += 1;
      at = resumeAt;
      inPattern = star + 1;
    } else {
      return false;
    }
  }
  while (wanted[inPattern] === '*') inPattern += 1;
  return inPattern === wanted.length;
}

/**
 * Judge a file by its name.
 *
 * @param path - Relative to the watch folder, with `/`.
 * @param config - Temporary names, and what the folder includes and excludes: on the name, or on the whole path where the
 * pattern has a `/`.
 */
export function judgeName(
  path: string,
  { temporary, include, exclude }: Pick<IntakeConfig, 'temporary'> & Pick<WatchFolderConfig, 'include' | 'exclude'>,
): NameVerdict {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const fits = (pattern: string): boolean => fitsPattern(pattern.includes('/') ? path : name, pattern);
  if (temporary.some(fits)) return 'temporary';
  return include.some(fits) && !exclude.some(fits) ? 'wanted' : 'other';
}
