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

/** A logger whose level can be changed, for its children too. */
export type LeveledLogger = Logger & { readonly setLevel: (level: LogLevel) => void };

/** A logger whose last lines may still wait for a slow destination. */
export type FlushableLogger = LeveledLogger & {
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

/** From quiet to loud: a line is written when its level stands at or before the one that is set. */
const LOUDNESS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const satisfies readonly LogLevel[];

type WrittenLevel = 'debug' | 'info' | 'warn' | 'error';

// A child of pino keeps the level that it was made with: asked here, the level is that of all of them.
function wrap(inner: Pino, isWritten: (level: WrittenLevel) => boolean): Logger {
  const write =
    (level: WrittenLevel): Logger['info'] =>
    (fields, message) => {
      if (isWritten(level)) inner[level](toPlain(fields), message);
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => wrap(inner.child(toPlain(fields)), isWritten),
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
  let current = level;
  const options = {
    // The loudest: what is written is decided before.
    level: 'trace',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (err: unknown) => err },
  };
  const isWritten = (wanted: WrittenLevel): boolean => LOUDNESS.indexOf(wanted) <= LOUDNESS.indexOf(current);
  return {
    ...wrap(pino(options, stream), isWritten),
    setLevel: (next) => {
      current = next;
    },
    flush: () => flushQuietly(output),
  };
}
