// Limits of a measurement, from what its validators say about themselves. Source: openhtf/util/validators.py, `__str__`.

import { type MeasurementInput, parseNumber } from 'airlock/converter';

type Limits = Pick<MeasurementInput, 'op' | 'low' | 'high' | 'target'>;
/** Limits, and the validators that say more than they do. */
export type ReadValidators = { readonly limits: Limits | null; readonly rest: readonly string[] };

const NUMBER = String.raw`-?(?:\d{1,400}(?:\.\d{0,400})?(?:e[+-]?\d{1,4})?|inf)`;
const RANGE = new RegExp(
  `^(?:(${NUMBER}) <= )?(?:Marginal:(${NUMBER}) <= )?x(?: <= Marginal:(${NUMBER}))?(?: <= (${NUMBER}))?$`,
);
const EQUAL = new RegExp(`^x == (${NUMBER})$`);
const WITHIN = new RegExp(`^'x' is within (${NUMBER})% of (${NUMBER})$`);
const IS_EQUAL = /^'x' is equal to '([^]*)'$/;
const MATCHES = /^'x' matches \/\^([^]*)\$\/$/;

/** As the report writes it: Python says `inf`. Null where it has none, undefined where no number holds it. */
function toLimit(text: string | undefined): string | null | undefined {
  if (text === undefined) return null;
  if (text === 'inf') return 'Infinity';
  if (text === '-inf') return '-Infinity';
  return parseNumber(text) === null ? undefined : text;
}

/** Text of a pattern that Python's `re.escape` made; null for any other pattern. */
function unescapePattern(pattern: string): string | null {
  const plain = pattern.replace(/\\([^A-Za-z0-9])/g, '');
  if (/[\\^$.*+?()[\]{}|]/.test(plain)) return null;
  return pattern.replace(/\\([^A-Za-z0-9])/g, '$1');
}

function readWithin(validator: string): Limits | null {
  const within = WITHIN.exec(validator);
  const percent = parseNumber(within?.[1] ?? '');
  const expected = parseNumber(within?.[2] ?? '');
  if (percent === null || expected === null) return null;
  const tolerance = Math.abs((expected * percent) / 100);
  return { op: 'GELE', low: expected - tolerance, high: expected + tolerance };
}

function readNumeric(validator: string): Limits | null {
  const equal = EQUAL.exec(validator);
  if (equal !== null) return { op: 'EQ', target: parseNumber(equal[1] ?? '') };
  const range = RANGE.exec(validator);
  const low = toLimit(range?.[1]);
  const high = toLimit(range?.[4]);
  if (low === undefined || high === undefined) return null;
  if (low !== null && high !== null) return { op: 'GELE', low, high };
  if (low !== null) return { op: 'GE', low };
  return high === null ? readWithin(validator) : { op: 'LE', high };
}

function readForText(validator: string): Limits | null {
  const equal = IS_EQUAL.exec(validator)?.[1];
  if (equal !== undefined) return { op: 'CASESENSIT', target: equal };
  const pattern = MATCHES.exec(validator)?.[1];
  const target = pattern === undefined ? null : unescapePattern(pattern);
  return target === null ? null : { op: 'CASESENSIT', target };
}

/** Has a limit what its operator needs? A target of `inf` is none. */
function isWhole({ op, target }: Limits): boolean {
  return op !== 'EQ' || (target !== null && target !== undefined);
}

/**
 * Read validators.
 *
 * @param value - `validators` of a measurement.
 * @param kind - Of its value: ranges go with numbers, texts with texts.
 * @returns The first limits that are found; everything that the limits do not say whole is in `rest`.
 */
export function readValidators(value: unknown, kind: 'numeric' | 'text' | 'boolean'): ReadValidators {
  const validators = Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  const read = kind === 'numeric' ? readNumeric : readForText;
  let limits: Limits | null = null;
  const rest: string[] = [];
  for (const validator of validators) {
    const found: Limits | null = kind === 'boolean' || limits !== null ? null : read(validator);
    if (found !== null && isWhole(found)) limits = found;
    if (found === null || !isWhole(found) || /Marginal|within/.test(validator)) rest.push(validator);
  }
  return { limits, rest };
}

/** Do the validators compare with numbers? Then a value that is missing is a missing number. */
export function isNumeric(value: unknown): boolean {
  return readValidators(value, 'numeric').limits !== null;
}
