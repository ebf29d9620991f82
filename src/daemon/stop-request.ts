// The one wish to stop: from a signal, from admin/shutdown, from a launcher that is gone. The first one counts, but whoever wants the
// daemon gone is heard also while it is about to begin anew.

import type { Logger } from '../core/logger.ts';

/** Why the daemon stops and how long running work may take. */
export type StopRequest = {
  readonly reason: string;
  readonly graceMs: number;
  /** Is it to begin anew afterwards? */
  readonly isRestart?: true;
};

/** Where the wish is put and waited for. */
export type StopRequests = {
  readonly ask: (request: StopRequest) => void;
  readonly asked: Promise<StopRequest>;
  readonly isAsked: () => boolean;
  /** Is it to begin anew? Not any more once a wish came to stop for good. */
  readonly isRestart: () => boolean;
};

/**
 * Make an empty box for the wish to stop.
 *
 * @param log - Is told each wish.
 */
export function makeStopRequests(log: Logger): StopRequests {
  const { promise, resolve } = Promise.withResolvers<StopRequest>();
  let isAsked = false;
  let isRestart = false;
  return {
    asked: promise,
    isAsked: () => isAsked,
    isRestart: () => isRestart,
    ask: (request) => {
      log.info(request, isAsked ? 'asked to stop again' : 'asked to stop');
      isRestart = request.isRestart === true && (isRestart || !isAsked);
      isAsked = true;
      resolve(request);
    },
  };
}
