// `$/progress` of running calls, by token. Source: protocol.md 7.

import { isJsonObject, type JsonObject } from '../link/json-body.ts';

/** How far a call is. */
export type Progress = {
  readonly kind: 'begin' | 'report' | 'end';
  readonly message?: string;
  readonly percentage?: number;
};

/** Listens to the progress of one call. */
export type ProgressListener = (progress: Progress) => void;

/** The calls of one connection that want to know. */
export type ProgressBoard = {
  /** Listen under a new token until disposed. */
  readonly open: (listener: ProgressListener) => Disposable & { readonly token: string };
  /** Hand the params of a notification `$/progress` to its call; what is malformed or nobody's is dropped. */
  readonly deliver: (params: JsonObject) => void;
};

function parseProgress(value: unknown): Progress | null {
  if (!isJsonObject(value)) return null;
  const { kind, message, percentage } = value;
  if (kind !== 'begin' && kind !== 'report' && kind !== 'end') return null;
  return {
    kind,
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof percentage === 'number' ? { percentage } : {}),
  };
}

/** Make an empty board. */
export function makeProgressBoard(): ProgressBoard {
  const listeners = new Map<string, ProgressListener>();
  let lastToken = 0;
  return {
    open: (listener) => {
      const token = `progress-${(lastToken += 1)}`;
      listeners.set(token, listener);
      return { token, [Symbol.dispose]: () => void listeners.delete(token) };
    },
    deliver: ({ token, value }) => {
      const listener = typeof token === 'string' ? listeners.get(token) : undefined;
      const progress = parseProgress(value);
      if (progress !== null) listener?.(progress);
    },
  };
}
