// Literal matching of a file against a manifest's `match`. No regular expressions: the patterns come from outside.

import { readSizeBytes } from '../core/units.ts';
import type { ConverterManifest } from '../gate/manifest.ts';

/** What matching looks at. `head` as `readHead` gives it. */
export type MatchFile = { readonly name: string; readonly size: number; readonly head: readonly string[] };

/** How a file fits. A higher `specificity` fits better: content beats name beats extension. */
export type MatchOutcome = { readonly kind: 'none' } | { readonly kind: 'match'; readonly specificity: number };

const BY_CONTENT = 4;
const BY_NAME = 2;
const BY_EXTENSION = 1;

/**
 * Does a name fit a pattern in which each `*` stands for any run of characters, none included? Upper and lower case are equal.
 *
 * Two pointers: on a mismatch only the last star grows, so that time is at most name × pattern.
 *
 * @param name - File name without folders.
 * @param pattern - With at most 4 `*`.
 */
export function matchesPattern(name: string, pattern: string): boolean {
  const text = name.toLowerCase();
  const wanted = pattern.toLowerCase();
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < text.length) {
    if (wanted[inPattern] === '*') {
      star = inPattern;
      resumeAt = at;
      inPattern += 1;
    } else if (wanted[inPattern] === text[at]) {
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

function isTooLarge(size: number, maxBytes: string | undefined): boolean {
  if (maxBytes === undefined) return false;
  const reading = readSizeBytes(maxBytes);
  return reading.kind === 'ok' && size > reading.value;
}

/**
 * Match a file against a manifest.
 *
 * The name has to fit one of `extensions` or `names` (when there are any), and the head has to contain one of `headContains` (when
 * there are any). A manifest without any of the three matches nothing: its converter is chosen by name only.
 *
 * @param file - The file.
 * @param match - `match` of a manifest.
 */
export function matchFile(file: MatchFile, match: ConverterManifest['match']): MatchOutcome {
  const { extensions, names, headContains, maxBytes } = match;
  if (isTooLarge(file.size, maxBytes)) return { kind: 'none' };
  const name = file.name.toLowerCase();
  const byExtension = extensions.some((extension) => name.endsWith(extension.toLowerCase()));
  const byName = names.some((pattern) => matchesPattern(name, pattern));
  const byContent = headContains.some((text) => file.head.some((head) => head.includes(text)));
  const isNameWanted = extensions.length + names.length > 0;
  if (isNameWanted && !byExtension && !byName) return { kind: 'none' };
  if (headContains.length > 0 && !byContent) return { kind: 'none' };
  const specificity = (byContent ? BY_CONTENT : 0) + (byName ? BY_NAME : 0) + (byExtension ? BY_EXTENSION : 0);
  return specificity === 0 ? { kind: 'none' } : { kind: 'match', specificity };
}
