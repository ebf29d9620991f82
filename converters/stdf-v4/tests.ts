// What the test records PTR, MPR and FTR share: flags, names, and defaults from the first record of a test.

import type { MeasurementInput, StepInput } from 'airlock/converter';
import { type Fields, readI1, readR4, readU1, readU4 } from './fields.ts';

/** Limits of a value; null for none. */
export type Limits = { readonly low: number | null; readonly high: number | null };

/**
 * What the first record of a test says for all that follow; undefined until it was read. A later record speaks for itself
 * alone. Source: STDF Specification V4, PTR, "Default Data".
 */
type Defaults = { name: string | null; limits: Limits | undefined; unit: string | null | undefined };
/** Defaults by record type and test number, and names of pins by their index. */
export type TestContext = { readonly defaults: Map<string, Defaults>; readonly pins: ReadonlyMap<number, string> };
/** A test, and the part it belongs to. */
export type ReadTest = { readonly head: number; readonly site: number; readonly step: StepInput };

/** The first fields of a test record. */
export type Start = { readonly number: number; readonly head: number; readonly site: number; readonly flags: number };

/** Bits of TEST_FLG. Source: STDF Specification V4, PTR. */
export const RESULT_INVALID = 2;
/** See {@link RESULT_INVALID}. */
export const NOT_EXECUTED = 16;
const ABORTED = 32;
const NO_VERDICT = 64;
const FAILED = 128;
const FLAG_WORDS = ['alarm', 'result invalid', 'unreliable', 'timeout', 'not executed', 'aborted'] as const;

/** Number, head, site and flags of a test: the first fields of every test record. */
export function readStart(fields: Fields): Start {
  const number = readU4(fields) ?? 0;
  const head = readU1(fields) ?? 0;
  const site = readU1(fields) ?? 0;
  return { number, head, site, flags: readU1(fields) ?? NO_VERDICT };
}

function toOutcome(flags: number): NonNullable<StepInput['outcome']> {
  if ((flags & NOT_EXECUTED) !== 0) return 'skipped';
  if ((flags & ABORTED) !== 0) return 'terminated';
  if ((flags & NO_VERDICT) !== 0) return 'done';
  return (flags & FAILED) === 0 ? 'passed' : 'failed';
}

/** Words for the bits of PARM_FLG that the outcome does not tell. Source: STDF Specification V4, PTR. */
const PARAMETER_WORDS = [
  ['scale error', 1],
  ['drift error', 2],
  ['oscillation', 4],
  ['passed alternate limits', 32],
] as const;
const PASSED_ALTERNATE = 32;
const LOW_INCLUDED = 64;
const HIGH_INCLUDED = 128;
/** PARM_FLG of a record that ends before it. */
export const NO_PARAMETER_FLAGS = LOW_INCLUDED | HIGH_INCLUDED;

function toNative(flags: number, parameterFlags: number): string | null {
  const words: string[] = FLAG_WORDS.filter((_word, bit) => (flags & (1 << bit)) !== 0);
  for (const [word, bit] of PARAMETER_WORDS) if ((parameterFlags & bit) !== 0) words.push(word);
  return words.length === 0 ? null : words.join(', ');
}

/** Defaults of one test; filled by its first record. */
export function findDefaults({ defaults }: TestContext, kind: string, { number }: Start): Defaults {
  const key = `${kind}${number}`;
  const known = defaults.get(key) ?? { name: null, limits: undefined, unit: undefined };
  defaults.set(key, known);
  return known;
}

/** The test's name: its own, that of the first record, or its number. */
export function takeName(known: Defaults, written: string | null, { number }: Start): string {
  known.name ??= written;
  return written ?? known.name ?? `Test ${number}`;
}

function chooseLimit(bits: {
  readonly flags: number;
  readonly own: number;
  readonly none: number;
}): 'own' | 'first' | 'none' {
  if ((bits.flags & bits.none) !== 0) return 'none';
  return (bits.flags & bits.own) !== 0 ? 'first' : 'own';
}

/** Limits as OPT_FLAG says: those of this record, those of the first one of the test, or none. */
export function takeLimits(known: Defaults, flags: number | null, written: Limits): Limits {
  if (flags === null) return (known.limits ??= { low: null, high: null });
  const usable = (limit: number | null): number | null => (Number.isNaN(limit) ? null : limit);
  const first = known.limits ?? { low: null, high: null };
  const pick = (choice: 'own' | 'first' | 'none', own: number | null, known: number | null): number | null =>
    choice === 'own' ? usable(own) : choice === 'first' ? known : null;
  const low = pick(chooseLimit({ flags, own: 16, none: 64 }), written.low, first.low);
  const high = pick(chooseLimit({ flags, own: 32, none: 128 }), written.high, first.high);
  const limits = { low, high };
  known.limits ??= limits;
  return limits;
}

type Compared = Pick<MeasurementInput, 'op' | 'low' | 'high'>;

/** Limits with their operator: whether a result that is equal to a limit passes, PARM_FLG says. */
export function toCompared({ low, high }: Limits, parameterFlags: number): Compared {
  const from = (parameterFlags & LOW_INCLUDED) === 0 ? 'GT' : 'GE';
  const upTo = (parameterFlags & HIGH_INCLUDED) === 0 ? 'LT' : 'LE';
  if (low === null) return high === null ? {} : { op: upTo, high };
  return high === null ? { op: from, low } : { op: `${from}${upTo}`, low, high };
}

/** Did it pass, but not these limits? Then nothing is to be compared with them. */
export function isAlternate(parameterFlags: number): boolean {
  return (parameterFlags & PASSED_ALTERNATE) !== 0;
}

function finiteOr(limit: number | string | null | undefined): number | string | null {
  return typeof limit === 'number' && !Number.isFinite(limit) ? String(limit) : (limit ?? null);
}

/** Limits that nothing is compared with, kept beside the step; null without any. */
export function keepLimits({ op, low, high }: Compared): StepInput['extensions'] {
  return op === undefined ? null : { stdf: { op, low: finiteOr(low), high: finiteOr(high) } };
}

/** OPT_FLAG and the fields up to the limits, the same in PTR and MPR. */
export function readLimits(fields: Fields): { readonly flags: number | null; readonly written: Limits } {
  const flags = readU1(fields);
  readI1(fields);
  readI1(fields);
  readI1(fields);
  return { flags, written: { low: readR4(fields), high: readR4(fields) } };
}

/** The unit: of this record, or of the first. */
export function takeUnit(known: Defaults, written: string | null): string | null {
  if (known.unit === undefined) known.unit = written;
  return written ?? known.unit;
}

type Common = Pick<StepInput, 'name' | 'id' | 'nativeType' | 'outcome' | 'nativeOutcome' | 'text'>;

/** What every step of a test has. */
export function toCommon(
  start: Start,
  type: string,
  words: { readonly name: string; readonly alarm: string | null; readonly parameterFlags?: number },
): Common {
  return {
    name: words.name,
    id: start.number,
    nativeType: type,
    outcome: toOutcome(start.flags),
    nativeOutcome: toNative(start.flags, words.parameterFlags ?? NO_PARAMETER_FLAGS),
    text: words.alarm === null ? null : `alarm: ${words.alarm}`,
  };
}
