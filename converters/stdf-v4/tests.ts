// What the test records PTR, MPR and FTR share: flags, names, and defaults from the first record of a test.

import type { StepInput } from 'airlock/converter';
import { type Fields, readI1, readR4, readU1, readU4 } from './fields.ts';

/** What the first record of a test says for all that follow. */
type Defaults = { name: string | null; low: number | null; high: number | null; unit: string | null };
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

function toNative(flags: number): string | null {
  const words = FLAG_WORDS.filter((_word, bit) => (flags & (1 << bit)) !== 0);
  return words.length === 0 ? null : words.join(', ');
}

/** Defaults of one test; filled by its first record. */
export function findDefaults({ defaults }: TestContext, kind: string, { number }: Start): Defaults {
  const key = `${kind}${number}`;
  const known = defaults.get(key) ?? { name: null, low: null, high: null, unit: null };
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

/** Limits of a value; null for none. */
export type Limits = { readonly low: number | null; readonly high: number | null };

/** Limits as OPT_FLAG says: those of this record, those of the first one of the test, or none. */
export function takeLimits(known: Defaults, flags: number | null, written: Limits): Limits {
  if (flags === null) return { low: known.low, high: known.high };
  const usable = (limit: number | null): number | null => (Number.isNaN(limit) ? null : limit);
  const low = chooseLimit({ flags, own: 16, none: 64 });
  const high = chooseLimit({ flags, own: 32, none: 128 });
  if (low === 'own') known.low ??= usable(written.low);
  if (high === 'own') known.high ??= usable(written.high);
  const pick = (choice: 'own' | 'first' | 'none', own: number | null, first: number | null): number | null =>
    choice === 'own' ? usable(own) : choice === 'first' ? first : null;
  return { low: pick(low, written.low, known.low), high: pick(high, written.high, known.high) };
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
  known.unit ??= written;
  return written ?? known.unit;
}

type Common = Pick<StepInput, 'name' | 'id' | 'nativeType' | 'outcome' | 'nativeOutcome' | 'text'>;

/** What every step of a test has. */
export function toCommon(
  start: Start,
  type: string,
  words: { readonly name: string; readonly alarm: string | null },
): Common {
  return {
    name: words.name,
    id: start.number,
    nativeType: type,
    outcome: toOutcome(start.flags),
    nativeOutcome: toNative(start.flags),
    text: words.alarm === null ? null : `alarm: ${words.alarm}`,
  };
}
