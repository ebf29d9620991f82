// Which companions of a file its converter gets: those that the manifest declares. Pure.

import type { Companion } from '../core/body.ts';
import type { ConverterManifest } from '../gate/manifest.ts';
import { matchesPattern } from './match.ts';

/** Companions for the converter, and a warning for each that it does not know. */
export type CompanionSelection = { readonly companions: readonly Companion[]; readonly warnings: readonly string[] };

/** Name without its last extension; a name that begins with its only dot has no extension. */
function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

/** A stem that could lead out of a folder stands for nothing. Source: sandbox.md 8. */
function isUsableStem(stem: string): boolean {
  return stem !== '.' && stem !== '..' && !/[\\/]/.test(stem);
}

/** Stands for a "*" in a name from outside, which is no wildcard there. */
const STAR = '\uE02A';

function fitsPattern(name: string, pattern: string, stem: string): boolean {
  if (pattern.includes('{stem}') && !isUsableStem(stem)) return false;
  const parts = pattern.replaceAll('{stem}', () => stem.replaceAll('*', STAR)).split('/');
  const given = name.replaceAll('*', STAR).split('/');
  // A caller may send the bare name of a file that lies in a sub-folder.
  const wanted = given.length === 1 ? parts.slice(-1) : parts;
  return wanted.length === given.length && wanted.every((part, index) => matchesPattern(given[index] ?? '', part));
}

/**
 * Select what a converter gets. A companion that it does not declare is left out with a warning: the file itself is whole without
 * it, and whoever sent it could not know which converter would be chosen.
 *
 * @param given - Companions of the submission, in order.
 * @param input - Name of the main file, and `companions` of the manifest.
 */
export function selectCompanions(
  given: readonly Companion[],
  { name, patterns }: { readonly name: string; readonly patterns: ConverterManifest['companions'] },
): CompanionSelection {
  const stem = stemOf(name);
  const isDeclared = (companion: Companion): boolean =>
    patterns.some((pattern) => fitsPattern(companion.name, pattern, stem));
  const declares =
    patterns.length === 0 ? 'it declares none' : `it declares ${patterns.map((one) => `"${one}"`).join(', ')}`;
  return {
    companions: given.filter(isDeclared),
    warnings: given
      .filter((companion) => !isDeclared(companion))
      .map((companion) => `companion "${companion.name}" was not given to the converter: ${declares}`),
  };
}
