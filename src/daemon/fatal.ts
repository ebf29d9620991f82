// The last resort: what nobody caught is logged, and the process ends so that a supervisor can start it anew.

import type { Logger } from '../core/logger.ts';
import { ERROR_CODES } from '../core/errors.ts';

/**
 * Log what nobody caught and end with exit code 70. Nothing acknowledged is lost: recovery is the same as after a kill.
 *
 * @param log - Written out before the end.
 */
export function installFatalHandlers(log: Logger & { readonly flush: () => void }): Disposable {
  const onFatal = (error: unknown, origin: string): void => {
    log.error({ err: error, origin }, 'fatal: nobody caught this');
    log.flush();
    process.exit(ERROR_CODES.internal.exit);
  };
  const onException = (error: unknown): void => onFatal(error, 'uncaughtException');
  const onRejection = (error: unknown): void => onFatal(error, 'unhandledRejection');
  process.on('uncaughtException', onException).on('unhandledRejection', onRejection);
  return {
    [Symbol.dispose]: () => void process.off('uncaughtException', onException).off('unhandledRejection', onRejection),
  };
}
