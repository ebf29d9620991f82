// Which converter takes a file: asked for by name, or none needed, or the best match. Pure.

import { findClosest } from '../gate/closest.ts';
import { looksCanonical } from '../report/canonical-file.ts';
import { readHead } from './head.ts';
import { type MatchFile, matchFile } from './match.ts';
import { isPassed, type PassedConverter, type RegisteredConverter } from './registered.ts';

/** The file, and the converter that was asked for (null = choose). */
export type ChoiceInput = { readonly name: string; readonly bytes: Uint8Array; readonly wanted: string | null };

/** The choice. Texts are for people, and name what was tried and what to do. */
export type Choice =
  | { readonly kind: 'converter'; readonly converter: PassedConverter }
  /** A canonical file: read without a converter. */
  | { readonly kind: 'canonical' }
  | {
      readonly kind: 'refused';
      readonly code: 'converter_refused';
      readonly reason: string;
      readonly candidates: readonly string[];
    }
  | { readonly kind: 'waiting'; readonly reason: 'converter_pending'; readonly message: string };

type Match = { readonly converter: PassedConverter; readonly specificity: number };

const MAX_SHOWN = 10;
const NAME_ONE = 'name a converter with --converter NAME';

function refuse(reason: string, candidates: readonly string[] = []): Choice {
  return { kind: 'refused', code: 'converter_refused', reason, candidates };
}

function wait(converters: readonly PassedConverter[]): Choice {
  const names = converters.slice(0, MAX_SHOWN).map(({ name }) => `"${name}"`);
  const message = `waits for the approval of ${names.join(' or ')}: look at the converter, then approve it`;
  return { kind: 'waiting', reason: 'converter_pending', message };
}

function listNames(names: readonly string[]): string {
  const shown = names
    .slice(0, MAX_SHOWN)
    .map((name) => `"${name}"`)
    .join(', ');
  return names.length > MAX_SHOWN ? `${shown} and ${names.length - MAX_SHOWN} more` : shown;
}

function chooseNamed(converters: readonly RegisteredConverter[], wanted: string): Choice {
  const converter = converters.find(({ name }) => name === wanted);
  const names = converters.map(({ name }) => name);
  if (converter === undefined) {
    const closest = findClosest(wanted, names);
    const hint = closest === null ? `there are ${listNames(names)}` : `did you mean "${closest}"?`;
    return refuse(`there is no converter "${wanted}": ${names.length === 0 ? 'there are none' : hint}`, names);
  }
  switch (converter.state) {
    case 'approved':
      return { kind: 'converter', converter };
    case 'pending':
      return wait([converter]);
    case 'disabled':
      return refuse(`converter "${wanted}" is disabled by converters.settings.${wanted}.enabled`);
    case 'refused':
      return refuse(`converter "${wanted}" was refused: ${converter.findings[0]?.message ?? 'no reason is known'}`);
    default:
      return converter satisfies never;
  }
}

function rank(left: Match, right: Match): number {
  return left.converter.settings.priority - right.converter.settings.priority || right.specificity - left.specificity;
}

function findMatches(converters: readonly RegisteredConverter[], file: MatchFile): readonly Match[] {
  return converters
    .filter(isPassed)
    .flatMap((converter) => {
      const outcome = matchFile(file, converter.checked.manifest.match);
      return outcome.kind === 'match' ? [{ converter, specificity: outcome.specificity }] : [];
    })
    .sort(rank);
}

function refuseUnknown(converters: readonly RegisteredConverter[]): Choice {
  const names = converters.filter(({ state }) => state === 'approved').map(({ name }) => name);
  const tried = names.length === 0 ? 'there is no approved converter' : `tried ${listNames(names)}`;
  return refuse(
    `the format is unknown: it is no canonical report, and no converter matches its name and first lines (${tried}); ${NAME_ONE}`,
    names,
  );
}

function chooseMatching(converters: readonly RegisteredConverter[], file: MatchFile): Choice {
  const matches = findMatches(converters, file);
  // An unapproved converter has no say while an approved one fits: a new folder must not hold up other files.
  const approved = matches.filter(({ converter }) => converter.state === 'approved');
  const best = approved[0];
  if (best === undefined)
    return matches.length > 0 ? wait(matches.map(({ converter }) => converter)) : refuseUnknown(converters);
  const tied = approved.filter((match) => rank(match, best) === 0).map(({ converter }) => converter.name);
  if (tied.length === 1) return { kind: 'converter', converter: best.converter };
  return refuse(`${listNames(tied)} match equally well; ${NAME_ONE}, or set converters.settings.<name>.priority`, tied);
}

/**
 * Choose how a file is converted: an explicit name, else nothing for a canonical file, else the match with the best priority (1 =
 * first), and of those the most specific one.
 *
 * @param converters - All that are registered.
 * @param input - The file.
 */
export function chooseConverter(
  converters: readonly RegisteredConverter[],
  { name, bytes, wanted }: ChoiceInput,
): Choice {
  if (bytes.length === 0) return refuse(`the file is empty; it was given to no converter`);
  if (wanted !== null) return chooseNamed(converters, wanted);
  const head = readHead(bytes);
  if (head.some(looksCanonical)) return { kind: 'canonical' };
  return chooseMatching(converters, { name, size: bytes.length, head });
}
