// Works off what is to be done with finished files, from the store's list: again and again until it is done.

import { stat } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { makeWaker } from '../core/waker.ts';
import type { PostAction, PostActionEnd, Store } from '../store/types.ts';
import { toErrorRecord } from './error-record.ts';
import { moveFile } from './move-file.ts';
import { openActionFile } from './post-action-file.ts';
import { removeExactly, removeLeftover } from './remove-file.ts';
import type { FolderSettings } from './settings.ts';

const BATCH = 32;
const AT_ONCE = 4;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 300_000;
const STORE_RETRY_MS = 5_000;
const BUG_RETRY_MS = 60_000;

/** What working off needs. */
export type PostActionsDeps = {
  readonly store: Pick<Store, 'dueActions' | 'endPostAction'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Nothing of the known content lies at this path any more. */
  readonly onGone: (path: string) => void;
};

/** The running loop of one folder. Disposing lets the current file end, or aborts a copy. */
export type PostActions = AsyncDisposable & { readonly wake: () => void };

type Work = PostActionsDeps & { readonly settings: FolderSettings; readonly signal: AbortSignal };

/** Milliseconds until the next try; doubles from a second to five minutes. */
export function retryAfterMs(attempts: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts, 20));
}

/** What the configuration wants to be done. */
function wishOf(action: PostAction, { config, doneFolder, errorFolder }: FolderSettings) {
  if (action.outcome === 'done') return { wish: config.onDone, target: doneFolder, record: null };
  return { wish: config.onFailed, target: errorFolder, record: toErrorRecord(action) };
}

/** What lies there now is a new file: it is looked at as one. */
function leaveAlone(log: Logger, { path }: PostAction): true {
  log.info({ file: path }, 'the file was changed or taken away since: it is left alone');
  return true;
}

/** @returns whether the file is gone from its place. */
async function perform({ settings, log, signal }: Work, action: PostAction): Promise<boolean> {
  const { root } = settings;
  const { wish, target, record } = wishOf(action, settings);
  const note = { file: action.path, submissionId: action.submissionId, wish };
  // Order: before `keep`, which may be wished only since the try that was cut short.
  if ((await removeLeftover({ log }, root, action)) === 'removed') {
    log.info(note, 'a finished file was put away');
    return true;
  }
  if (wish === 'keep') return false;
  // A folder that is missing as a whole must not look like a file that somebody took away.
  await stat(root);
  const opened = await openActionFile(root, action, { signal });
  if (opened.kind === 'unreadable') throw opened.error;
  if (opened.kind === 'other') return leaveAlone(log, action);
  await using ours = opened.ours;
  if (wish === 'delete' && (await removeExactly({ log }, ours, action)) !== 'removed') return leaveAlone(log, action);
  const name = wish === 'move' ? await moveFile(ours, { root, target, action, record }, { signal, log }) : null;
  log.info({ ...note, name }, 'a finished file was put away');
  return true;
}

async function findEnd(work: Work, action: PostAction): Promise<PostActionEnd> {
  try {
    return { state: 'done', isGone: await perform(work, action) };
  } catch (error) {
    work.signal.throwIfAborted();
    const afterMs = retryAfterMs(action.attempts);
    work.log.warn({ err: error, file: action.path, retryInMs: afterMs }, 'a finished file could not be put away');
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
    const message = error instanceof Error ? error.message : String(error);
    return { state: 'deferred', error: message.startsWith(code) ? message : `${code}${message}`, afterMs };
  }
}

async function workOn(work: Work, action: PostAction): Promise<void> {
  const end = await findEnd(work, action);
  await work.store.endPostAction(action, end);
  if (end.state === 'done' && end.isGone) work.onGone(action.path);
}

/** @returns how long nothing is due; null = until something comes up. */
async function workOff(work: Work): Promise<number | null> {
  const { items, nextDueInMs } = await work.store.dueActions(work.settings.name, { limit: BATCH });
  if (items.length === 0) return nextDueInMs;
  for (let start = 0; start < items.length; start += AT_ONCE) {
    const ends = await Promise.allSettled(items.slice(start, start + AT_ONCE).map((action) => workOn(work, action)));
    work.signal.throwIfAborted();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
  return 0;
}

/**
 * Start working off one folder's list.
 *
 * @param deps - Store, clock, log; borrowed.
 * @param settings - The folder.
 */
export function startPostActions(deps: PostActionsDeps, settings: FolderSettings): PostActions {
  const stopping = new AbortController();
  const { signal } = stopping;
  const waker = makeWaker(deps.clock);
  const log = deps.log.child({ folder: settings.name });
  const work: Work = { ...deps, log, settings, signal };

  async function run(): Promise<void> {
    try {
      for (;;) {
        const ticket = waker.ticket();
        const waitMs = await workOffSafely();
        if (waitMs !== 0) await waker.wait(ticket, waitMs, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async function workOffSafely(): Promise<number | null> {
    try {
      return await workOff(work);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AirlockError && error.code === 'unavailable') {
        log.error({ err: error }, 'the store does not answer: finished files wait');
        return STORE_RETRY_MS;
      }
      // A bug: one finished file must not end the daemon, now and at each start again.
      log.error({ err: error, retryInMs: BUG_RETRY_MS }, 'finished files could not be put away');
      return BUG_RETRY_MS;
    }
  }

  // Whatever a round throws is caught above; should that fail, it ends the daemon with 70 instead of stopping unseen.
  const running = run();
  return {
    wake: waker.wake,
    [Symbol.asyncDispose]: () => {
      stopping.abort(new AirlockError('shutting_down', 'Cannot put files away: the daemon is stopping'));
      return running;
    },
  };
}
