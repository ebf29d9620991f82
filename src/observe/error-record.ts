// An error as data for a log line: code, stack, and everything that caused it.

import { inspect } from 'node:util';

/** An error in a log line. */
export type LoggedError = {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  /** What travels beside a code of the error table. */
  readonly data?: unknown;
  readonly cause?: LoggedError;
  /** Of an AggregateError. */
  readonly errors?: readonly LoggedError[];
  /** Of a SuppressedError: what was thrown while `suppressed` was on its way. */
  readonly error?: LoggedError;
  readonly suppressed?: LoggedError;
};

const MAX_DEPTH = 8;
const MAX_ERRORS = 16;
const MAX_TEXT = 1000;

function field(error: Error, name: string): unknown {
  return name in error ? (error as Error & Readonly<Record<string, unknown>>)[name] : undefined;
}

function toInner(value: unknown, depth: number): LoggedError | undefined {
  return value === undefined || depth >= MAX_DEPTH ? undefined : toRecord(value, depth + 1);
}

function toInnerList(value: unknown, depth: number): readonly LoggedError[] | undefined {
  if (!Array.isArray(value) || depth >= MAX_DEPTH) return undefined;
  return value.slice(0, MAX_ERRORS).map((inner) => toRecord(inner, depth + 1));
}

function toRecord(thrown: unknown, depth: number): LoggedError {
  if (!(thrown instanceof Error)) {
    const message = inspect(thrown, { depth: 1, breakLength: Infinity, maxStringLength: MAX_TEXT }).slice(0, MAX_TEXT);
    return { type: typeof thrown, message };
  }
  const code = field(thrown, 'code');
  const optional = {
    stack: thrown.stack,
    data: field(thrown, 'data'),
    cause: toInner(thrown.cause, depth),
    errors: toInnerList(field(thrown, 'errors'), depth),
    error: thrown instanceof SuppressedError ? toInner(thrown.error, depth) : undefined,
    suppressed: thrown instanceof SuppressedError ? toInner(thrown.suppressed, depth) : undefined,
  };
  const present = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    type: thrown.name,
    message: thrown.message,
    ...(typeof code === 'string' && { code }),
    ...Object.fromEntries(present),
  };
}

/**
 * Make data of anything that was thrown.
 *
 * The chain of causes is followed eight deep, so a cycle ends; a `Secret` inside prints as `[hidden]`.
 *
 * @param thrown - An error, or whatever else was thrown.
 */
export const toLoggedError = (thrown: unknown): LoggedError => toRecord(thrown, 0);
