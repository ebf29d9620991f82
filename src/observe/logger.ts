// Writes log lines: JSON for machines, readable ones on a terminal.

import { isatty } from 'node:tty';
import { type Logger as Pino, pino } from 'pino';
import type { AirlockConfig } from '../config/schema/root.ts';
import type { LogFields, Logger } from '../core/logger.ts';
import { toLoggedError } from './error-record.ts';
import { formatReadableLine } from './readable-line.ts';

/** Names of log levels. */
export type LogLevel = AirlockConfig['observe']['log']['level'];

/** How {@link makeLogger} writes. */
export type LoggerOptions = {
  readonly level: LogLevel;
  /** Where lines go: standard error, or a file descriptor that stays the caller's. */
  readonly destination: 'stderr' | number;
  /** Lines for people instead of JSON. Default: when the destination is a terminal. */
  readonly pretty?: boolean;
};

/** A logger whose last lines may still wait for a slow destination. */
export type FlushableLogger = Logger & {
  /** Write out what waits, before the process ends. */
  readonly flush: () => void;
};

const STDERR = 2;

/** Errors print as `{}` in JSON: made into data first, wherever they stand among the fields. */
function toPlain(fields: LogFields): LogFields {
  const entries = Object.entries(fields);
  if (!entries.some(([name, value]) => name === 'err' || value instanceof Error)) return fields;
  return Object.fromEntries(
    entries.map(([name, value]) => [name, name === 'err' || value instanceof Error ? toLoggedError(value) : value]),
  );
}

function wrap(inner: Pino): Logger {
  return {
    debug: (fields, message) => inner.debug(toPlain(fields), message),
    info: (fields, message) => inner.info(toPlain(fields), message),
    warn: (fields, message) => inner.warn(toPlain(fields), message),
    error: (fields, message) => inner.error(toPlain(fields), message),
    child: (fields) => wrap(inner.child(toPlain(fields))),
  };
}

function flushQuietly(output: { readonly flushSync: () => void }): void {
  try {
    output.flushSync();
  } catch {
    // The reader is gone: there is nobody left to tell, and the process is ending anyway.
  }
}

/**
 * Make the process's logger.
 *
 * A line has `time` (RFC 3339 in UTC), `level` as a word, `msg`, and the fields. An `Error` among the fields is written with
 * code, stack and causes; a `Secret` as `[hidden]`. Call `flush` before the process ends: a line that the destination did not
 * take at once may still wait.
 *
 * @param options - Level and destination.
 */
export function makeLogger({ level, destination, pretty }: LoggerOptions): FlushableLogger {
  const fd = destination === 'stderr' ? STDERR : destination;
  // Order: a line is with the system before the next statement runs. Written behind the back, a flush overtakes the line that
  // is on its way, and the one that says why the process dies can be lost.
  const output = pino.destination({ fd, sync: true });
  // A destination that is gone (closed pipe) ends logging, never the daemon.
  output.on('error', () => undefined);
  const isReadable = pretty ?? isatty(fd);
  const stream = isReadable ? { write: (line: string) => void output.write(formatReadableLine(line)) } : output;
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (err: unknown) => err },
  };
  return { ...wrap(pino(options, stream)), flush: () => flushQuietly(output) };
}
