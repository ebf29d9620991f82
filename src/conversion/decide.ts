// Which of several converters takes a file, by how sure each of them is. Pure. Source: operators.md 4, configuration.md 2.

import type { ConvertersConfig } from '../config/schema/root.ts';
import type { ProbeOutcome } from '../sandbox/job.ts';
import { type Match, NAME_ONE } from './choose.ts';

/** What a candidate said; `not_asked` ones have no say. */
export type Answer = ProbeOutcome | { readonly kind: 'not_asked'; readonly reason: string };

/** A candidate and its answer. */
export type Opinion = Match & { readonly answer: Answer };

/** `converters.alarm` and `.reject`; settings of a converter come before them. */
export type Thresholds = Pick<ConvertersConfig, 'alarm' | 'reject'>;

/** Who takes the file. `warning` null = nothing to say. */
export type Decision =
  | { readonly kind: 'chosen'; readonly opinion: Opinion; readonly warning: string | null }
  /** `tie`: too many want it; `unsure`: nobody is sure enough. */
  | { readonly kind: 'refused'; readonly because: 'tie' | 'unsure'; readonly reason: string };

/** What a match counts by itself, where the converter has no `probe`. */
const MATCH_CONFIDENCE = 0.5;
/** So near to the best is as good as the best. */
const TIE_WITHIN = 0.05;
/** 0.8 - 0.75 is a little more than 0.05 for a computer. */
const ROUNDING = 1e-9;

/**
 * How sure a candidate is.
 *
 * @param answer - What it said.
 * @returns 0 … 1; 0.5 for one that matches and has no `probe`, 0 for one that gave no answer.
 */
export function confidenceOf(answer: Answer): number {
  switch (answer.kind) {
    case 'confidence':
      return answer.value;
    case 'absent':
      return MATCH_CONFIDENCE;
    case 'none':
    case 'not_asked':
      return 0;
    default:
      return answer satisfies never;
  }
}

/**
 * Why a candidate is as sure as it is, in words.
 *
 * @param answer - What it said.
 */
export function explainAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'confidence':
      return 'its probe says so';
    case 'absent':
      return 'it matches and has no probe';
    case 'none':
      return `its probe gave no answer: ${answer.reason}`;
    case 'not_asked':
      return `not asked: ${answer.reason}`;
    default:
      return answer satisfies never;
  }
}

/** Two digits are enough for people. */
function toText(confidence: number): string {
  return String(Math.round(confidence * 100) / 100);
}

function listOpinions(opinions: readonly Opinion[]): string {
  return opinions
    .map(({ converter, answer }) => {
      const why = answer.kind === 'none' || answer.kind === 'not_asked' ? ` (${explainAnswer(answer)})` : '';
      return `"${converter.name}" ${toText(confidenceOf(answer))}${why}`;
    })
    .join(', ');
}

function leastOf<T>(items: readonly T[], measure: (item: T) => number): readonly T[] {
  const least = Math.min(...items.map(measure));
  return items.filter((item) => measure(item) === least);
}

/** Among equals priority decides, and where nobody has a probe, how exactly each one matches. */
function breakTie(tied: readonly Opinion[]): readonly Opinion[] {
  const first = leastOf(tied, ({ converter }) => converter.settings.priority);
  return first.every(({ answer }) => answer.kind === 'absent')
    ? leastOf(first, ({ specificity }) => -specificity)
    : first;
}

function warnBelow({ converter, answer }: Opinion, opinions: readonly Opinion[], alarm: number): string | null {
  const confidence = confidenceOf(answer);
  if (confidence >= alarm) return null;
  const from = `below the alarm threshold of ${toText(alarm)}`;
  return `"${converter.name}" was chosen with a confidence of ${toText(confidence)} only, ${from}; asked were ${listOpinions(opinions)}`;
}

function refuse(because: 'tie' | 'unsure', opinions: readonly Opinion[], words: string): Decision {
  return { kind: 'refused', because, reason: `${words}: ${listOpinions(opinions)}; ${NAME_ONE}` };
}

/**
 * Decide: the surest wins. Below its `reject` a candidate is out; within 0.05 of the best is a tie, in which the smaller priority
 * number wins, and between converters without probe the more specific match; what is still equal is refused.
 *
 * @param opinions - At least one.
 * @param thresholds - `converters.alarm` and `.reject`.
 */
export function decide(opinions: readonly Opinion[], thresholds: Thresholds): Decision {
  const sureEnough = opinions.filter(({ answer, converter }) => {
    const isAsked = answer.kind !== 'none' && answer.kind !== 'not_asked';
    return isAsked && confidenceOf(answer) >= (converter.settings.reject ?? thresholds.reject);
  });
  if (sureEnough.length === 0) {
    const words = 'it looks like a file of the converters that were asked, but none of them is sure enough to take it';
    return refuse('unsure', opinions, words);
  }
  const top = Math.max(...sureEnough.map(({ answer }) => confidenceOf(answer)));
  const tied = sureEnough.filter(({ answer }) => top - confidenceOf(answer) <= TIE_WITHIN + ROUNDING);
  const [best, ...equals] = breakTie(tied);
  if (best === undefined || equals.length > 0) {
    return refuse(
      'tie',
      tied,
      'several converters are equally sure, and converters.settings.<name>.priority is the same',
    );
  }
  return {
    kind: 'chosen',
    opinion: best,
    warning: warnBelow(best, opinions, best.converter.settings.alarm ?? thresholds.alarm),
  };
}
