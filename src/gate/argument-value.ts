// Whether a value fits an argument's declaration; used for defaults in manifests and for what submitters and operators give.

import { assertNever } from '../core/assert-never.ts';
import { readDurationMs } from '../core/units.ts';

/** The seven types of arguments. Source: sandbox.md 8. */
export const ARGUMENT_TYPES = ['string', 'number', 'integer', 'boolean', 'enum', 'duration', 'map'] as const;
/** One of {@link ARGUMENT_TYPES}. */
export type ArgumentType = (typeof ARGUMENT_TYPES)[number];

/** What a value is checked against. */
export type ArgumentShape = { readonly type: ArgumentType; readonly values?: readonly string[] | undefined };

/** The value as the converter gets it, or what was expected instead. */
export type ArgumentReading =
  | { readonly kind: 'ok'; readonly value: unknown }
  | { readonly kind: 'wrong'; readonly expected: string };

const MAX_TEXT = 8_192;
const MAX_ENTRIES = 1_000;
const MAX_ENUM_SHOWN = 20;

function when(isRight: boolean, value: unknown, expected: string): ArgumentReading {
  return isRight ? { kind: 'ok', value } : { kind: 'wrong', expected };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

type NumberRule = { readonly isRight: (value: unknown) => boolean; readonly expected: string };

const DECIMAL = /^-?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?$/;

/** A command line knows only texts: one that spells a number is that number. */
function readNumber(value: unknown, { isRight, expected }: NumberRule): ArgumentReading {
  const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
  return when(isRight(number), number, expected);
}

function readBoolean(value: unknown): ArgumentReading {
  const said = value === 'true' ? true : value === 'false' ? false : value;
  return when(typeof said === 'boolean', said, 'true or false');
}

function readDuration(value: unknown): ArgumentReading {
  const expected = 'a duration such as "30 s"';
  if (typeof value !== 'string') return { kind: 'wrong', expected };
  const reading = readDurationMs(value);
  return reading.kind === 'ok' ? reading : { kind: 'wrong', expected };
}

function isMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= MAX_ENTRIES && entries.every(([key, text]) => key.length <= MAX_TEXT && isText(text));
}

/**
 * Read one argument.
 *
 * @param shape - The declaration.
 * @param value - Anything of JSON.
 * @returns The value for the converter: a duration in milliseconds, a number or a truth value also where it was
 * given as text, everything else as it was given.
 */
export function readArgument({ type, values = [] }: ArgumentShape, value: unknown): ArgumentReading {
  switch (type) {
    case 'string':
      return when(isText(value), value, `a text of at most ${MAX_TEXT} characters`);
    case 'number':
      return readNumber(value, { isRight: Number.isFinite, expected: 'a number' });
    case 'integer':
      return readNumber(value, { isRight: Number.isSafeInteger, expected: 'a whole number' });
    case 'boolean':
      return readBoolean(value);
    case 'enum':
      return when(typeof value === 'string' && values.includes(value), value, `one of ${listValues(values)}`);
    case 'duration':
      return readDuration(value);
    case 'map':
      return when(isMap(value), value, `an object of at most ${MAX_ENTRIES} texts`);
    default:
      return assertNever(type);
  }
}

function listValues(values: readonly string[]): string {
  const shown = values.slice(0, MAX_ENUM_SHOWN).map((value) => JSON.stringify(value));
  return values.length > MAX_ENUM_SHOWN ? `${shown.join(', ')}, …` : shown.join(', ');
}
