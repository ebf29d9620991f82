// The one wish to stop: from a signal, from admin/shutdown, from a launcher that is gone. The first one counts.

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
};

/**
 * Make an empty box for the wish to stop.
 *
 * @param log - Is told each wish.
 */
export function makeStopRequests(log: Logger): StopRequests {
  const { promise, resolve } = Promise.withResolvers<StopRequest>();
  let isAsked = false;
  return {
    asked: promise,
    isAsked: () => isAsked,
    ask: (request) => {
      log.info(request, isAsked ? 'asked to stop again' : 'asked to stop');
      isAsked = true;
      resolve(request);
    },
  };
}
