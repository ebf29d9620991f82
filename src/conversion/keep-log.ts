// The lines that a converter logged, within their limits whatever the runner sends.

import type { SandboxLimits } from '../config/schema/sandbox.ts';
import type { GuestLogLine } from '../sandbox/outcome.ts';

/** Collects log lines of one conversion. */
export type LogKeeper = { readonly add: (line: GuestLogLine) => void; readonly lines: () => readonly GuestLogLine[] };

const TRUNCATED: GuestLogLine = { level: 'warn', text: '(the log was cut here: a limit is reached)' };

/**
 * Keep at most `logLines` lines and `logBytes` bytes, each line cut to `logLine`; then one line that says so.
 *
 * Trust: the runner has the same limits; these hold when the runner does not.
 *
 * @param limits - Of the conversion; sizes are counted in UTF-16 units here, which are never more than the bytes.
 */
export function makeLogKeeper(limits: Pick<SandboxLimits, 'logLines' | 'logBytes' | 'logLine'>): LogKeeper {
  const lines: GuestLogLine[] = [];
  let used = 0;
  let isFull = false;
  return {
    add: ({ level, text }) => {
      if (isFull) return;
      const cut = text.slice(0, limits.logLine);
      used += cut.length;
      isFull = lines.length >= limits.logLines || used > limits.logBytes;
      lines.push(isFull ? TRUNCATED : { level, text: cut });
    },
    lines: () => lines,
  };
}
