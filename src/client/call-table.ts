// The calls of one connection that wait for their answer.

import type { RpcId } from '../link/json-rpc.ts';

type Waiting = {
  readonly method: string;
  readonly settle: (result: unknown) => void;
  readonly fail: (error: unknown) => void;
};

/** Calls by request id. An answer to a call that was given up is nobody's and is dropped. */
export type CallTable = {
  /**
   * Take a new call in.
   *
   * @param accept - Turns the result into what the caller gets, at once; what it throws the caller gets instead.
   */
  readonly open: <T>(
    method: string,
    accept: (result: unknown) => T,
  ) => { readonly id: number; readonly answer: Promise<T> };
  readonly settle: (id: RpcId, result: unknown) => void;
  /** @returns false when the call no longer waits. */
  readonly fail: (id: RpcId, error: unknown) => boolean;
  /** Fail every call that waits. */
  readonly failAll: (toError: (method: string) => unknown) => void;
};

/** Make an empty table. */
export function makeCallTable(): CallTable {
  const waiting = new Map<RpcId, Waiting>();
  let lastId = 0;

  function take(id: RpcId): Waiting | undefined {
    const call = waiting.get(id);
    waiting.delete(id);
    return call;
  }

  return {
    open: <T>(method: string, accept: (result: unknown) => T) => {
      const id = (lastId += 1);
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const settle = (result: unknown): void => {
        try {
          resolve(accept(result));
        } catch (error) {
          reject(error);
        }
      };
      waiting.set(id, { method, settle, fail: reject });
      return { id, answer: promise };
    },
    settle: (id, result) => take(id)?.settle(result),
    fail: (id, error) => {
      const call = take(id);
      call?.fail(error);
      return call !== undefined;
    },
    failAll: (toError) => {
      for (const call of waiting.values()) call.fail(toError(call.method));
      waiting.clear();
    },
  };
}
