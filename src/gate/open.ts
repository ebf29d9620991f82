// The gate's surface: a verdict on a converter folder, made in a worker that may break, stall or run out of memory.

import { basename } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { assertNever } from '../core/assert-never.ts';
import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { threadEnvironment } from '../core/thread-environment.ts';
import type { CheckRequest } from './check.ts';
import type { GateVerdict } from './checked.ts';
import { makeFinding } from './finding.ts';
import type { LimitCeilings } from './manifest-limits.ts';
import type { WorkerMessage } from './worker.ts';

/** Per check. */
export type GateCheckOptions = {
  readonly signal?: AbortSignal;
  /** Nobody but the owner may be able to write: for folders whose converters run without approval. */
  readonly isPrivate?: boolean;
};

/** May this converter run at all? */
export type Gate = {
  /**
   * Check a converter folder. Never rejects for anything a folder can hold.
   *
   * @param folder - Absolute path; its last part is the converter's name.
   * @throws {AirlockError} unavailable when no worker could be started in time, which says nothing about the converter.
   * Aborts by ending the worker and rejecting with `signal.reason`.
   */
  readonly check: (folder: string, options?: GateCheckOptions) => Promise<GateVerdict>;
};

/** What the gate needs. */
export type GateDeps = {
  readonly clock: Clock;
  readonly log: Logger;
  /** What a converter of a name may ask for in its manifest; left out: anything. */
  readonly ceilingsOf?: (name: string) => LimitCeilings;
};

// Of processor time, from the first file on: a busy machine is not the converter's fault. Source: sandbox.md 7.
const CHECK_DEADLINE_MS = 2_000;
// However little of the processor the thread got.
const LONGEST_CHECK_MS = 30_000;
// A busy machine is not the converter's fault, so starting the thread has a deadline of its own.
const START_DEADLINE_MS = 20_000;

const WRITABLE_BY_OTHERS = 0o002;
const WRITABLE_BY_GROUP_OR_OTHERS = 0o022;

const WORKER_OPTIONS: WorkerOptions = {
  argv: [],
  execArgv: ['--disable-warning=ExperimentalWarning'],
  stdout: true,
  stderr: true,
  resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
};

/** How a worker ended, before it is put into words. */
type WorkerEnd =
  | { readonly kind: 'verdict'; readonly verdict: GateVerdict }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'not_started' }
  | { readonly kind: 'broken'; readonly error: unknown };

type Run = { readonly file: string | null; readonly end: WorkerEnd };

function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
}

function toRequest(folder: string, isPrivate: boolean, ceilings: LimitCeilings): CheckRequest {
  const own = process.getuid?.();
  return {
    folder,
    ceilings,
    policy: {
      trustedUids: own === undefined ? null : [own, 0],
      forbiddenMode: isPrivate ? WRITABLE_BY_GROUP_OR_OTHERS : WRITABLE_BY_OTHERS,
    },
  };
}

/** Processor time of a thread in milliseconds; infinite when it has ended. */
async function usedMs(worker: Worker): Promise<number> {
  try {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1_000;
  } catch {
    // Its end is told by itself.
    return Number.POSITIVE_INFINITY;
  }
}

/** Calls `onOver` once the thread has used its time. Disposing it stops the watch. */
function watchTime(worker: Worker, clock: Clock, onOver: () => void): Disposable {
  using stack = new DisposableStack();
  const begin = usedMs(worker);
  let look = clock.after(CHECK_DEADLINE_MS, () => void judge());
  let isWatching = true;

  async function judge(): Promise<void> {
    const leftMs = CHECK_DEADLINE_MS - ((await usedMs(worker)) - (await begin));
    if (!isWatching) return;
    if (leftMs > 0) look = clock.after(Math.ceil(leftMs), () => void judge());
    else onOver();
  }

  stack.use(clock.after(LONGEST_CHECK_MS, onOver));
  stack.defer(() => {
    isWatching = false;
    look[Symbol.dispose]();
  });
  return stack.move();
}

function runWorker(request: CheckRequest, clock: Clock, signal: AbortSignal | undefined): Promise<Run> {
  const { promise, resolve, reject } = Promise.withResolvers<Run>();
  const worker = new Worker(workerFile(), { ...WORKER_OPTIONS, env: threadEnvironment(), workerData: request });
  let file: string | null = null;
  const finish = (end: WorkerEnd): void => resolve({ file, end });
  const onAbort = (): void => reject(signal?.reason);
  let timer: Disposable = clock.after(START_DEADLINE_MS, () => finish({ kind: 'not_started' }));

  worker.on('message', (message: WorkerMessage) => {
    if (message.kind === 'verdict') return finish(message);
    // The first one says that the parsers are loaded: only from here on is time the converter's.
    if (file === null) {
      timer[Symbol.dispose]();
      timer = watchTime(worker, clock, () => finish({ kind: 'deadline' }));
    }
    file = message.file;
  });
  worker.on('error', (error) => finish({ kind: 'broken', error }));
  worker.on('exit', () => finish({ kind: 'broken', error: null }));
  signal?.addEventListener('abort', onAbort, { once: true });

  return promise.finally(() => {
    timer[Symbol.dispose]();
    signal?.removeEventListener('abort', onAbort);
    // Not awaited: a thread that is stuck ends when it can, and nobody waits for it.
    void worker.terminate();
  });
}

function refuseSyntax(file: string | null, message: string): GateVerdict {
  const hint = 'look for deep nesting and very long expressions';
  return { kind: 'refused', findings: [makeFinding('syntax', { file }, { message, hint })] };
}

function toVerdict({ file, end }: Run, log: Logger): GateVerdict {
  switch (end.kind) {
    case 'verdict':
      return end.verdict;
    case 'deadline':
      return refuseSyntax(file, `could not be checked within ${CHECK_DEADLINE_MS} ms`);
    case 'not_started':
      throw new AirlockError('unavailable', 'Cannot check converter: the gate could not start a thread');
    case 'broken':
      log.warn({ err: end.error, file }, 'the gate broke while it checked a converter');
      return refuseSyntax(file, 'the gate broke while it checked this file');
    default:
      return assertNever(end);
  }
}

/**
 * Open the gate. It holds nothing between checks.
 *
 * @param deps - Clock for the deadlines; log for what broke; what manifests may ask for.
 */
export function openGate({ clock, log, ceilingsOf }: GateDeps): Gate {
  return {
    check: async (folder, options = {}) => {
      options.signal?.throwIfAborted();
      const request = toRequest(folder, options.isPrivate ?? false, ceilingsOf?.(basename(folder)) ?? {});
      return toVerdict(await runWorker(request, clock, options.signal), log);
    },
  };
}
