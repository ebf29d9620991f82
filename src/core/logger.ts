// The logger as a type, so that every room can log and none of them knows how lines are written.

/** Fields of a log line. Use the glossary's names: requestId, submissionId, reportId, converter, destination, kid. */
export type LogFields = { readonly [name: string]: unknown };

/** A structured logger. `err` in fields is printed with stack and cause. */
export type Logger = {
  readonly debug: (fields: LogFields, message: string) => void;
  readonly info: (fields: LogFields, message: string) => void;
  readonly warn: (fields: LogFields, message: string) => void;
  readonly error: (fields: LogFields, message: string) => void;
  /** A logger that adds these fields to each of its lines. */
  readonly child: (fields: LogFields) => Logger;
};

/** Levels that the log of a running daemon can be set to for a time. */
export const SETTABLE_LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** A logger that keeps nothing: for command-line paths and unit tests. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
