// The main thread's end of the store's thread: matches answers to calls, and says when the thread is gone.

import { Worker } from 'node:worker_threads';
import { threadEnvironment } from '../core/thread-environment.ts';
import { type FromStore, fromRefusal, type StoreReply, type StoreSetup, type ToStore, toError } from './messages.ts';
import type { StoreRequest } from './operations.ts';
import type { Recovered } from './recover.ts';
import { buffersOfRequest } from './transfer.ts';
import type { StoreChange } from './types.ts';

/** A running thread. */
export type StoreThread = {
  readonly recovered: Recovered;
  /** Never rejects: a thread that ends answers `failed`. The buffers of a request's attachments are given away. */
  readonly call: (request: StoreRequest) => Promise<StoreReply>;
  /** Finish what was called, write the WAL back, close the file, end the thread. */
  readonly close: () => Promise<void>;
  /** Resolves when the thread is gone: null when it was closed, else why. */
  readonly ended: Promise<Error | null>;
};

/** What {@link startThread} needs. */
export type StoreThreadDeps = {
  readonly workerUrl: URL;
  /** Called for every commit that changed something, before its callers are answered. */
  readonly announce: (changes: readonly StoreChange[]) => void;
};

type Waiting = Map<number, (reply: StoreReply) => void>;

function watchEnd(worker: Worker, waiting: Waiting): Promise<Error | null> {
  return new Promise((resolve) => {
    let reason: Error | null = null;
    worker.on('error', (error) => {
      reason = toError(error);
    });
    worker.on('exit', (exitCode) => {
      if (exitCode !== 0) reason ??= new Error(`Cannot use store: its thread ended with ${exitCode}`);
      const error = reason ?? new Error('Cannot use store: its thread has ended');
      for (const answer of waiting.values()) answer({ kind: 'failed', error });
      waiting.clear();
      resolve(reason);
    });
  });
}

function waitForOpened(worker: Worker, ended: Promise<Error | null>): Promise<Recovered> {
  return new Promise((resolve, reject) => {
    worker.once('message', (message: FromStore) => {
      if (message.kind === 'opened') return resolve(message.recovered);
      reject(message.kind === 'refused' ? fromRefusal(message) : new Error('Cannot open store: unexpected message'));
    });
    void ended.then((error) => reject(error ?? new Error('Cannot open store: its thread ended early')));
  });
}

/**
 * Start the store's thread and wait until its database is open.
 *
 * @throws {AirlockError} unavailable when the database cannot be opened; the thread is gone then.
 */
export async function startThread({ workerUrl, announce }: StoreThreadDeps, setup: StoreSetup): Promise<StoreThread> {
  const worker = new Worker(workerUrl, {
    workerData: setup,
    execArgv: [],
    env: threadEnvironment(),
    name: 'airlock-store',
  });
  const waiting: Waiting = new Map();
  const ended = watchEnd(worker, waiting);
  let isGone = false;
  void ended.then(() => {
    isGone = true;
  });
  const post = (message: ToStore, buffers: readonly ArrayBuffer[] = []): void => worker.postMessage(message, buffers);
  const recovered = await waitForOpened(worker, ended).catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });
  worker.on('message', (message: FromStore) => {
    if (message.kind !== 'settled') return;
    if (message.changes.length > 0) announce(message.changes);
    for (const { id, reply } of message.answers) {
      waiting.get(id)?.(reply);
      waiting.delete(id);
    }
  });
  return {
    recovered,
    ended,
    call: (request) => {
      if (isGone)
        return Promise.resolve({ kind: 'failed', error: new Error('Cannot use store: its thread has ended') });
      return new Promise((resolve) => {
        waiting.set(request.id, resolve);
        post({ kind: 'request', request }, buffersOfRequest(request));
      });
    },
    close: async () => {
      post({ kind: 'close' });
      await ended;
    },
  };
}
