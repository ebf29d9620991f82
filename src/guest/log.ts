// `log`: a converter's own lines in the submission's log.

import type { Host } from './host.ts';

/** Values shown behind a log line. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Writes a line at one level. Lines over the limits are cut or dropped by the host; logging never throws. */
type LogLine = (message: string, fields?: LogFields) => void;

const stringify = JSON.stringify;

// State of the module: a context runs one job, and `log` is an import of the author's, so it cannot be handed over.
let write: (level: number, text: string) => void = () => undefined;

/**
 * Send log lines to this host from now on.
 *
 * @param host - Host of the job that runs.
 * @param longestLine - UTF-16 units of one line; more is cut.
 */
export function bindLog(host: Host, longestLine: number): void {
  const { log: send } = host;
  write = (level, text) => {
    send(level, text.slice(0, longestLine));
  };
}

function toText(fields: LogFields): string {
  try {
    return stringify(fields);
  } catch {
    // A circle, a BigInt, a getter that throws: a line without its fields is better than a conversion without its report.
    return '(fields that cannot be written)';
  }
}

function lineAt(level: number): LogLine {
  return (message, fields) => {
    const text = typeof message === 'string' ? message : typeof message;
    write(level, fields === undefined ? text : `${text} ${toText(fields)}`);
  };
}

/** The converter's log. */
export const log: {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
} = { debug: lineAt(0), info: lineAt(1), warn: lineAt(2), error: lineAt(3) };
