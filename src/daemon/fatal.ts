// The last resort: a bug, or a store that is gone, ends the process, so that a supervisor can start it anew.

import type { Logger } from '../core/logger.ts';
import { ERROR_CODES } from '../core/errors.ts';

/** What cannot be mended inside the process. Disposal takes the handlers off again. */
export type FatalHandlers = Disposable & {
  /** Log and end with exit code 70, now. `origin` says which part gave up. */
  readonly end: (error: unknown, origin: string) => void;
};

/**
 * Log what nobody caught and end with exit code 70. Nothing acknowledged is lost: recovery is the same as after a kill.
 *
 * @param log - Written out before the end.
 */
export function installFatalHandlers(log: Logger & { readonly flush: () => void }): FatalHandlers {
  const onFatal = (error: unknown, origin: string): void => {
    log.error({ err: error, origin }, 'fatal: the process ends, what is queued stays queued');
    log.flush();
    process.exit(ERROR_CODES.internal.exit);
  };
  const onException = (error: unknown): void => onFatal(error, 'uncaughtException');
  const onRejection = (error: unknown): void => onFatal(error, 'unhandledRejection');
  process.on('uncaughtException', onException).on('unhandledRejection', onRejection);
  return {
    end: onFatal,
    [Symbol.dispose]: () => void process.off('uncaughtException', onException).off('unhandledRejection', onRejection),
  };
}
