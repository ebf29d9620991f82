// Opens the store: folder, lock, format, thread; and gives its calls to the rest of the program.

import { extname } from 'node:path';
import type { QueueConfig } from '../config/schema/root.ts';
import { assertNever } from '../core/assert-never.ts';
import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import { makeEventBus } from '../core/event-bus.ts';
import type { Logger } from '../core/logger.ts';
import { openKernelLock } from '../disk/kernel-lock.ts';
import type { StoreLimits } from './context.ts';
import { answerAgain, type FirstAnswer, hashCompanions } from './first-answer.ts';
import { filesOf, freeBallastIfFull, makeStoreFolder, markInUse, prepareStoreFiles } from './folder.ts';
import { fromRefusal, type StoreReply } from './messages.ts';
import type { StoreArguments, StoreMethod, StoreResult } from './operations.ts';
import { type SupervisedThread, superviseThread } from './supervisor.ts';
import { makeOnce } from './once.ts';
import { makeReportFiles } from './report-files.ts';
import { makeStoredReports } from './stored-reports.ts';
import { makeVerify } from './verify.ts';
import { makeDoor } from './take-in.ts';
import type { KnownAnswer, Store, StoreChange } from './types.ts';
import type { OpenUpload } from './upload.ts';

/** What {@link openStore} needs. */
export type StoreDeps = {
  /** The store's own folder (`queue` in the state folder): made when missing. */
  readonly directory: string;
  readonly clock: Pick<Clock, 'nowUnixMs' | 'monotonicMs'>;
  readonly log: Logger;
  /** The store has failed for good: the process should end with 70 (queue.md 2, "Threads"), and start anew. */
  readonly onDown?: (reason: unknown) => void;
  /** Another program for the thread: tests of what happens when it dies. */
  readonly workerUrl?: URL;
};

/** Settings of the store. What is left out is off. */
export type StoreConfig = Pick<QueueConfig, 'maxItems' | 'receipts'> &
  Partial<Pick<QueueConfig, 'maxBytes' | 'minFreeDisk' | 'ballast'>> & {
    /** How long an idempotency key is known, ms. */
    readonly idempotencyMs: number;
    /** `limits.report`: room for two of the largest results is always kept free. */
    readonly reportBytes?: number;
  };

function toLimits(config: StoreConfig): StoreLimits {
  const { maxItems, receipts, idempotencyMs, maxBytes = 0, minFreeDisk = 0, ballast = 0, reportBytes = 0 } = config;
  const diskFloorBytes = Math.max(minFreeDisk, 2 * reportBytes, ballast);
  return { maxItems, receipts, idempotencyMs, maxBytes, diskFloorBytes, ballastBytes: ballast };
}

type Calls = { readonly thread: SupervisedThread; readonly log: Logger };

function unwrap({ log }: Calls, method: StoreMethod, reply: StoreReply): unknown {
  switch (reply.kind) {
    case 'value':
      return reply.value;
    case 'refused':
      throw fromRefusal(reply);
    case 'bug':
      log.error({ err: reply.error, method }, 'store call failed');
      throw new AirlockError('internal', 'Cannot use store: a bug was logged', { cause: reply.error });
    case 'full':
      throw new AirlockError('unavailable', 'Cannot use store: the disk is full', {
        cause: reply.error,
        data: { reason: 'disk' },
      });
    case 'failed':
      throw new AirlockError('unavailable', 'Cannot use store: it has failed or is closed', {
        cause: reply.error,
        data: { reason: 'store_failed' },
      });
    default:
      return assertNever(reply);
  }
}

async function call<M extends StoreMethod>(calls: Calls, method: M, args: StoreArguments[M]): Promise<StoreResult<M>> {
  // Trust: the thread runs the operation of this very method.
  return unwrap(calls, method, await calls.thread.call(method, args)) as StoreResult<M>;
}

type ReportCalls = 'endSubmission' | 'claimDelivery' | 'getReport';
type OtherCalls = Omit<Store, ReportCalls | 'accept' | 'openUpload' | 'changes' | typeof Symbol.asyncDispose>;

function toKnownAnswer(first: FirstAnswer): KnownAnswer {
  return {
    sha256: first.sha256,
    bytes: first.size,
    again: ({ sha256, companions }) => answerAgain(first, { sha256, companionsHash: hashCompanions(companions) }),
  };
}

function makeCalls(calls: Calls, { payload }: { readonly payload: string }): OtherCalls {
  return {
    findFirst: async (key) => {
      const first = await call(calls, 'findFirst', [key]);
      return first === null ? null : toKnownAnswer(first);
    },
    claimSubmission: () => call(calls, 'claimSubmission', []),
    wakeWaiting: (...args) => call(calls, 'wakeWaiting', args),
    endDelivery: (...args) => call(calls, 'endDelivery', args),
    releaseHeld: (...args) => call(calls, 'releaseHeld', args),
    holdRemoved: (...args) => call(calls, 'holdRemoved', args),
    destinations: () => call(calls, 'destinations', []),
    setDestination: (...args) => call(calls, 'setDestination', args),
    getSubmission: (...args) => call(calls, 'getSubmission', args),
    listSubmissions: (...args) => call(calls, 'listSubmissions', args),
    listReports: (...args) => call(calls, 'listReports', args),
    listDeliveries: (...args) => call(calls, 'listDeliveries', args),
    countByDestination: () => call(calls, 'countByDestination', []),
    retryDeliveries: (...args) => call(calls, 'retryDeliveries', args),
    retrySubmissions: (...args) => call(calls, 'retrySubmissions', args),
    handDeliveries: (...args) => call(calls, 'handDeliveries', args),
    deleteSubmissions: (...args) => call(calls, 'deleteSubmissions', args),
    getDelivery: (...args) => call(calls, 'getDelivery', args),
    once: makeOnce({
      find: (key) => call(calls, 'findCallAnswer', [key]),
      keep: (answer) => call(calls, 'keepCallAnswer', [answer]),
    }),
    shape: () => call(calls, 'shape', []),
    compactStep: () => call(calls, 'compactStep', []),
    verify: makeVerify({
      payload,
      next: (after) => call(calls, 'verifyRows', [after]),
      isNamed: (body) => call(calls, 'isFileNamed', [body]),
    }),
    resendReports: (...args) => call(calls, 'resendReports', args),
    pause: (...args) => call(calls, 'pause', args),
    resume: (...args) => call(calls, 'resume', args),
    pauses: () => call(calls, 'pauses', []),
    openWork: (...args) => call(calls, 'openWork', args),
    knownFiles: (...args) => call(calls, 'knownFiles', args),
    openFiles: () => call(calls, 'openFiles', []),
    refuseFile: (...args) => call(calls, 'refuseFile', args),
    touchFiles: (...args) => call(calls, 'touchFiles', args),
    forgetFiles: (...args) => call(calls, 'forgetFiles', args),
    dueActions: (...args) => call(calls, 'dueActions', args),
    endPostAction: (...args) => call(calls, 'endPostAction', args),
    countFolders: () => call(calls, 'countFolders', []),
    stats: () => call(calls, 'stats', []),
    snapshot: (...args) => call(calls, 'snapshot', args),
  };
}

/**
 * Open the store of one instance and hold it until disposed.
 *
 * Work in progress at the last end is put back before this resolves. Uploads of the last process are gone: they were never acknowledged. Disposing finishes every call already made, writes the
 * WAL back, ends the thread and frees the lock; it may be called more than once.
 *
 * @param deps - Its folder, the clock, the log.
 * @param config - `queue`, `ipc.idempotency`, `limits.report`.
 * @throws {AirlockError} already_running when another process holds it; the message names it.
 * @throws {AirlockError} unavailable when the folder is not private, its format or version is unknown, or a
 * database that was in use is missing or empty.
 * @throws {AirlockError} cannot_write when the folder or a file cannot be made.
 */
export async function openStore(deps: StoreDeps, config: StoreConfig): Promise<Store> {
  const { directory, clock, log } = deps;
  await using stack = new AsyncDisposableStack();
  await makeStoreFolder(directory);
  const files = filesOf(directory);
  // Order: first of all, since even a lock needs room on the disk.
  await freeBallastIfFull(files.ballast);
  // Order: nothing below may touch a file of the store before this.
  stack.use(await openKernelLock(files.lock, { pid: process.pid, startedAtUnixMs: clock.nowUnixMs() }));
  await prepareStoreFiles(files);
  const changes = makeEventBus<StoreChange>((err) => log.error({ err }, 'listener to the store failed'));
  const uploads = new Map<string, OpenUpload>();
  const reportFiles = makeReportFiles({ files, log, nowUnixMs: () => clock.nowUnixMs() });
  const workerUrl = deps.workerUrl ?? new URL(`./worker${extname(import.meta.filename)}`, import.meta.url);
  const thread = await superviseThread(
    { clock, log, workerUrl, announce: changes.publish, onDown: deps.onDown ?? (() => undefined) },
    { files, limits: toLimits(config), openUploads: () => [...uploads.keys(), ...reportFiles.inHand()] },
  );
  stack.use(thread);
  await markInUse(files);
  const calls = makeCalls({ thread, log }, files);
  const toThread = {
    ask: thread.call,
    unwrap: (method: StoreMethod, reply: StoreReply) => unwrap({ thread, log }, method, reply),
  };
  const door = makeDoor({ files, log, nowUnixMs: () => clock.nowUnixMs(), ...toThread }, uploads);
  const { settled, ...reports } = makeStoredReports({ files: reportFiles, ...toThread });
  // Order: before the thread is closed, which they still need.
  stack.defer(door.settled);
  stack.defer(settled);
  const owned = stack.move();
  let closed: Promise<void> | null = null;
  const dispose = (): Promise<void> => (closed ??= owned.disposeAsync());
  const { accept, openUpload } = door;
  return { ...calls, ...reports, accept, openUpload, changes, [Symbol.asyncDispose]: dispose };
}
