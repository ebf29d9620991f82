// Which converters may take a file: the one asked for by name, or none needed, or those whose `match` fits. Pure.

import { findClosest } from '../gate/closest.ts';
import { looksCanonical } from '../report/canonical-file.ts';
import { readHead } from './head.ts';
import { type MatchFile, matchFile } from './match.ts';
import { isPassed, type PassedConverter, type PendingConverter, type RegisteredConverter } from './registered.ts';

/** The file, and the converter that was asked for (null = choose). `head`: its first bytes, 64 KiB at most. */
export type ChoiceInput = {
  readonly name: string;
  readonly size: number;
  readonly head: Uint8Array;
  readonly wanted: string | null;
};

/** Why no converter takes a file. Texts are for people, and name what was tried and what to do. */
export type RefusedChoice = {
  readonly kind: 'refused';
  readonly code: 'converter_refused';
  readonly reason: string;
  /** Names of what was tried. */
  readonly candidates: readonly string[];
};

/** A file that waits for a person. */
export type WaitingChoice = {
  readonly kind: 'waiting';
  readonly reason: 'converter_pending';
  readonly message: string;
};

/** A converter whose `match` fits. A higher `specificity` fits better. */
export type Match = { readonly converter: PassedConverter; readonly specificity: number };

/** As {@link Match}, of one that may not run yet. */
export type PendingMatch = Match & { readonly converter: PendingConverter };

/** What name and first lines say. */
export type FirstLook =
  /** Asked for by name. */
  | { readonly kind: 'named'; readonly converter: PassedConverter }
  /** A canonical file: read without a converter. */
  | { readonly kind: 'canonical' }
  /** In the order in which they are asked; `pending` ones nobody has approved. One of both is not empty. */
  | { readonly kind: 'matching'; readonly approved: readonly Match[]; readonly pending: readonly PendingMatch[] }
  | RefusedChoice
  | WaitingChoice;

const MAX_SHOWN = 10;
/** What a person does who knows better. */
export const NAME_ONE = 'name a converter with --converter NAME';

/**
 * A refusal.
 *
 * @param reason - Why, with what to do.
 * @param candidates - Names of what was tried.
 */
export function refuseChoice(reason: string, candidates: readonly string[] = []): RefusedChoice {
  return { kind: 'refused', code: 'converter_refused', reason, candidates };
}

/**
 * The file waits until one of these is approved.
 *
 * @param converters - At least one.
 */
export function waitForApproval(converters: readonly PendingConverter[]): WaitingChoice {
  const shown = converters.slice(0, MAX_SHOWN);
  const whys = shown.map(({ name, pending }) => `converter "${name}" (${pending.message}; ${pending.action})`);
  const message = `waits for ${whys.join(' or ')}`;
  return { kind: 'waiting', reason: 'converter_pending', message };
}

function listNames(names: readonly string[]): string {
  const shown = names
    .slice(0, MAX_SHOWN)
    .map((name) => `"${name}"`)
    .join(', ');
  return names.length > MAX_SHOWN ? `${shown} and ${names.length - MAX_SHOWN} more` : shown;
}

function chooseNamed(converters: readonly RegisteredConverter[], wanted: string): FirstLook {
  const converter = converters.find(({ name }) => name === wanted);
  const names = converters.map(({ name }) => name);
  if (converter === undefined) {
    const closest = findClosest(wanted, names);
    const hint = closest === null ? `there are ${listNames(names)}` : `did you mean "${closest}"?`;
    return refuseChoice(`there is no converter "${wanted}": ${names.length === 0 ? 'there are none' : hint}`, names);
  }
  switch (converter.state) {
    case 'approved':
      return { kind: 'named', converter };
    case 'pending':
      return waitForApproval([converter]);
    case 'disabled':
      return refuseChoice(`converter "${wanted}" is disabled by converters.settings.${wanted}.enabled`);
    case 'refused':
      return refuseChoice(
        `converter "${wanted}" was refused: ${converter.findings[0]?.message ?? 'no reason is known'}`,
      );
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

function refuseUnknown(converters: readonly RegisteredConverter[]): FirstLook {
  const names = converters.filter(({ state }) => state === 'approved').map(({ name }) => name);
  const tried = names.length === 0 ? 'there is no approved converter' : `tried ${listNames(names)}`;
  return refuseChoice(
    `the format is unknown: it is no canonical report, and no converter matches its name and first lines (${tried}); ${NAME_ONE}`,
    names,
  );
}

/**
 * Look at a file: an explicit name, else nothing for a canonical file, else every converter that matches: approved ones by priority
 * (1 = first), and of those the most specific one first.
 *
 * @param converters - All that are registered.
 * @param input - The file.
 */
export function lookAtFile(
  converters: readonly RegisteredConverter[],
  { name, size, head, wanted }: ChoiceInput,
): FirstLook {
  if (size === 0) return refuseChoice(`the file is empty; it was given to no converter`);
  if (wanted !== null) return chooseNamed(converters, wanted);
  const texts = readHead(head);
  if (texts.some(looksCanonical)) return { kind: 'canonical' };
  const matches = findMatches(converters, { name, size, head: texts });
  if (matches.length === 0) return refuseUnknown(converters);
  return {
    kind: 'matching',
    approved: matches.filter(({ converter }) => converter.state === 'approved'),
    pending: matches.filter((match): match is PendingMatch => match.converter.state === 'pending'),
  };
}
