// One result thread: a question and its answer at a time, and what it says unasked.

import { Worker, type WorkerOptions } from 'node:worker_threads';
import { AirlockError } from '../core/errors.ts';
import type { RecordVerdict } from '../report/assemble.ts';
import type { FromResults, ResultAnswer, ToResults } from './result-messages.ts';

/** A thread that works for one conversion at a time. */
export type ResultThread = {
  /** Say something that is not answered. */
  readonly post: (message: ToResults) => void;
  /**
   * Ask; one question at a time.
   *
   * @throws {AirlockError} internal when the thread ends before it answers: out of memory, or a bug.
   */
  readonly ask: (message: ToResults) => Promise<ResultAnswer>;
  /** Who hears that a record was refused; null = nobody. */
  readonly listen: (onRefused: ((verdict: RecordVerdict) => void) | null) => void;
  readonly isAlive: () => boolean;
  readonly end: () => Promise<void>;
};

// The records of the largest conversion take a few hundred MiB; what needs more ends its own conversion and not the daemon.
const OPTIONS: WorkerOptions = {
  name: 'airlock-results',
  env: {},
  execArgv: [],
  resourceLimits: { maxOldGenerationSizeMb: 2_048 },
};

function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './result-worker.ts' : './result-worker.js', import.meta.url);
}

/** Start a thread; it never holds the process. */
export function startResultThread(): ResultThread {
  const worker = new Worker(workerFile(), OPTIONS);
  let onRefused: ((verdict: RecordVerdict) => void) | null = null;
  let open: PromiseWithResolvers<ResultAnswer> | null = null;
  let endedBy: AirlockError | null = null;

  function onEnd(cause: unknown): void {
    endedBy ??= new AirlockError('internal', 'Cannot put the reports together: the thread that does it has ended', {
      cause,
    });
    open?.reject(endedBy);
    open = null;
  }

  worker.on('message', (message: FromResults) => {
    if (message.kind === 'refused') return onRefused?.(message.verdict);
    open?.resolve(message);
    open = null;
  });
  worker.on('error', onEnd);
  worker.on('exit', () => onEnd(null));
  worker.unref();

  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, which has no origin
    post: (message) => worker.postMessage(message),
    ask: (message) => {
      if (endedBy !== null) return Promise.reject(endedBy);
      open = Promise.withResolvers<ResultAnswer>();
      const { promise } = open;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- as above
      worker.postMessage(message);
      return promise;
    },
    listen: (listener) => {
      onRefused = listener;
    },
    isAlive: () => endedBy === null,
    end: async () => {
      await worker.terminate();
    },
  };
}
