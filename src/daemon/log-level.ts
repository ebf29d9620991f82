// A level of the log for a time.

import type { Clock } from '../core/clock.ts';
import type { LogLevelPort } from '../handlers/log-set-level.ts';
import type { LogLevel, LeveledLogger } from '../observe/logger.ts';

/**
 * Make the port.
 *
 * @param log - Its level is changed.
 * @param configured - The level that comes back.
 * @returns Dispose it with the daemon.
 */
export function makeLogLevel(
  { clock, log }: { readonly clock: Pick<Clock, 'after' | 'nowUnixMs'>; readonly log: LeveledLogger },
  configured: LogLevel,
): LogLevelPort & Disposable {
  let timer: Disposable | null = null;
  return {
    set: (level, { forMs }) => {
      timer?.[Symbol.dispose]();
      log.setLevel(level);
      timer = clock.after(forMs, () => {
        log.setLevel(configured);
        log.warn({ level: configured }, 'the level of the log is back');
      });
      return { untilUnixMs: clock.nowUnixMs() + forMs, returnsTo: configured };
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}
