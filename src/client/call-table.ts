// The calls of one connection that wait for their answer.

import type { RpcId } from '../link/json-rpc.ts';

type Waiting = {
  readonly method: string;
  readonly settle: (result: unknown) => void;
  readonly fail: (error: unknown) => void;
  readonly onLate: OnLate | undefined;
};

/** Takes the result of a call that was given up before it came. */
export type OnLate = (result: unknown) => void;

/** Calls by request id. The answer to a call that was given up is dropped, unless it has left something behind at the server. */
export type CallTable = {
  /**
   * Take a new call in.
   *
   * @param accept - Turns the result into what the caller gets, at once; what it throws the caller gets instead.
   * @param onLate - Undoes what a result that comes too late has left behind.
   */
  readonly open: <T>(
    method: string,
    accept: (result: unknown) => T,
    onLate?: OnLate,
  ) => { readonly id: number; readonly answer: Promise<T> };
  readonly settle: (id: RpcId, result: unknown) => void;
  /** The server refused it, or it was never sent: no answer comes any more. */
  readonly fail: (id: RpcId, error: unknown) => void;
  /** Fail it, though its answer is still to come. @returns false when the call no longer waits. */
  readonly giveUp: (id: RpcId, error: unknown) => boolean;
  /** Fail every call that waits. */
  readonly failAll: (toError: (method: string) => unknown) => void;
};

/** Make an empty table. */
export function makeCallTable(): CallTable {
  const waiting = new Map<RpcId, Waiting>();
  // Every call is answered, so what stands here goes with its answer, or with the connection.
  const late = new Map<RpcId, OnLate>();
  let lastId = 0;

  function take(id: RpcId): Waiting | undefined {
    const call = waiting.get(id);
    waiting.delete(id);
    return call;
  }

  return {
    open: <T>(method: string, accept: (result: unknown) => T, onLate?: OnLate) => {
      const id = (lastId += 1);
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const settle = (result: unknown): void => {
        try {
          resolve(accept(result));
        } catch (error) {
          reject(error);
        }
      };
      waiting.set(id, { method, settle, fail: reject, onLate });
      return { id, answer: promise };
    },
    settle: (id, result) => {
      take(id)?.settle(result);
      late.get(id)?.(result);
      late.delete(id);
    },
    fail: (id, error) => {
      take(id)?.fail(error);
      late.delete(id);
    },
    giveUp: (id, error) => {
      const call = take(id);
      if (call?.onLate !== undefined) late.set(id, call.onLate);
      call?.fail(error);
      return call !== undefined;
    },
    failAll: (toError) => {
      for (const call of waiting.values()) call.fail(toError(call.method));
      waiting.clear();
      late.clear();
    },
  };
}
