// Result threads: each answers one question at a time, and says unasked when a record is refused.

import { Worker, type WorkerOptions } from 'node:worker_threads';
import { AirlockError } from '../core/errors.ts';
import { threadEnvironment } from '../core/thread-environment.ts';
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
  execArgv: [],
  resourceLimits: { maxOldGenerationSizeMb: 2_048 },
};

/** Threads that are kept for the next conversion. */
const IDLE_MAX = 2;

function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './result-worker.ts' : './result-worker.js', import.meta.url);
}

/** Start a thread; it never holds the process. */
function startResultThread(): ResultThread {
  const worker = new Worker(workerFile(), { ...OPTIONS, env: threadEnvironment() });
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

/** Threads for many conversions. */
export type ResultThreads = {
  readonly borrow: () => ResultThread;
  /** One that still works on something is ended: what it does is nobody's. */
  readonly giveBack: (thread: ResultThread, options: { readonly isDone: boolean }) => void;
  readonly endAll: () => Promise<void>;
};

/** Make them; a thread starts when it is needed, and a few stay for the next conversion. */
export function makeResultThreads(): ResultThreads {
  const all = new Set<ResultThread>();
  const idle: ResultThread[] = [];

  /** One may have ended while it lay idle. */
  function popAlive(): ResultThread | null {
    for (let thread = idle.pop(); thread !== undefined; thread = idle.pop()) {
      if (thread.isAlive()) return thread;
      all.delete(thread);
    }
    return null;
  }

  return {
    borrow: () => {
      const thread = popAlive() ?? startResultThread();
      all.add(thread);
      return thread;
    },
    giveBack: (thread, { isDone }) => {
      thread.listen(null);
      if (isDone && thread.isAlive() && idle.length < IDLE_MAX) {
        idle.push(thread);
        return;
      }
      all.delete(thread);
      void thread.end();
    },
    endAll: async () => {
      await Promise.all([...all].map((thread) => thread.end()));
    },
  };
}
