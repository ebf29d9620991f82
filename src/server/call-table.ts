// The calls of one session: which ids are taken, how much work runs, and when all is answered.

import type { AirlockError } from '../core/errors.ts';
import type { RpcId } from '../link/json-rpc.ts';
import type { RunningCall } from './call.ts';

/** Calls from their start to the end of their code. */
export type CallTable = {
  /** Calls whose code still runs, answered or not: the bound on work. */
  readonly size: () => number;
  /** Is a call with this id unanswered? */
  readonly has: (id: RpcId) => boolean;
  readonly add: (id: RpcId, call: RunningCall) => void;
  readonly answered: (id: RpcId) => void;
  /** Abort one call; nothing happens when it is answered already or was never there. */
  readonly abort: (id: RpcId, reason: AirlockError) => void;
  readonly abortAll: (reason: AirlockError) => void;
  /** Resolves as soon as no call is unanswered. */
  readonly idle: () => Promise<void>;
};

/** Make an empty table. */
export function makeCallTable(): CallTable {
  const unanswered = new Map<RpcId, RunningCall>();
  const running = new Set<RunningCall>();
  let idle = Promise.withResolvers<void>();
  idle.resolve();
  return {
    size: () => running.size,
    has: (id) => unanswered.has(id),
    add: (id, call) => {
      if (unanswered.size === 0) idle = Promise.withResolvers();
      unanswered.set(id, call);
      running.add(call);
      void call.ended.then(() => running.delete(call));
    },
    answered: (id) => {
      unanswered.delete(id);
      if (unanswered.size === 0) idle.resolve();
    },
    abort: (id, reason) => unanswered.get(id)?.abort(reason),
    abortAll: (reason) => {
      for (const call of unanswered.values()) call.abort(reason);
    },
    idle: () => idle.promise,
  };
}
