// Takes the files of one folder that have settled, a few at a time, as long as there is room for them.

import { assertNever } from '../core/assert-never.ts';
import { AirlockError } from '../core/errors.ts';
import { formatBytes, formatDurationMs } from '../core/units.ts';
import type { FailureRecord, FolderOrigin } from '../store/types.ts';
import { type Loop, pause } from './folder-loop.ts';
import { rememberKnown } from './memory.ts';
import { afterUnreadable, type Look } from './settle.ts';
import { takeFile, type TakeOutcome } from './take-file.ts';

const TAKEN_AT_ONCE = 4;
// A file that something unforeseen happened to is tried again this often.
const FAILED_RETRY_MS = 60_000;

type Ready = { readonly path: string; readonly look: Look };

async function refuse(loop: Loop, origin: FolderOrigin, failure: FailureRecord): Promise<void> {
  await loop.store.refuseFile(origin, failure);
  rememberKnown(loop.memory, origin);
  loop.log.warn({ file: origin.path, code: failure.code }, 'a file cannot be taken in');
  loop.onAction();
}

async function noteUnreadable(loop: Loop, { path, look }: Ready, origin: FolderOrigin): Promise<void> {
  const unreadableMs = loop.settings.config.unreadable;
  const next = afterUnreadable(look, { unreadableMs, nowMs: loop.clock.monotonicMs() });
  if (next !== null) {
    loop.memory.looks.set(path, next);
    return;
  }
  const message = `Cannot read file: it could not be opened for ${formatDurationMs(unreadableMs)}`;
  await refuse(loop, origin, { code: 'file_unreadable', message });
}

async function noteOutcome(loop: Loop, ready: Ready, outcome: TakeOutcome): Promise<void> {
  const { memory, settings, log } = loop;
  const { path, look } = ready;
  const origin = { folder: settings.name, path, identity: look.identity };
  switch (outcome.kind) {
    case 'taken':
      rememberKnown(memory, origin);
      if (outcome.duplicate) loop.onAction();
      else memory.open.add(outcome.submissionId);
      log.info({ file: path, submissionId: outcome.submissionId, duplicate: outcome.duplicate }, 'a file was taken in');
      return;
    case 'changed':
    case 'gone':
      // The next look says what lies there now.
      memory.looks.delete(path);
      loop.hints.add(path);
      return;
    case 'unreadable':
      return noteUnreadable(loop, ready, origin);
    case 'too_large': {
      const message = `Cannot take in file: ${formatBytes(outcome.size)} are more than ${formatBytes(outcome.limit)}`;
      return refuse(loop, origin, { code: 'too_large', message });
    }
    case 'queue_full':
      return pause(loop, { by: `queue_full: ${outcome.reason}`, forMs: outcome.retryAfterMs });
    default:
      return assertNever(outcome);
  }
}

/** The store's failures are about all files, everything else about this one: it waits, is shown, and holds up no other. */
function noteFailed({ memory, clock, log }: Loop, { path, look }: Ready, err: unknown): void {
  log.error({ err, file: path, retryInMs: FAILED_RETRY_MS }, 'a file could not be taken in');
  const nowMs = clock.monotonicMs();
  const unreadableSinceMs = look.unreadableSinceMs ?? nowMs;
  memory.looks.set(path, { ...look, unreadableSinceMs, readyAtMs: nowMs + FAILED_RETRY_MS });
}

async function takeOneSafely(loop: Loop, ready: Ready): Promise<void> {
  try {
    await takeOne(loop, ready);
  } catch (error) {
    loop.signal.throwIfAborted();
    if (error instanceof AirlockError && error.code === 'unavailable') throw error;
    noteFailed(loop, ready, error);
  }
}

async function takeOne(loop: Loop, ready: Ready): Promise<void> {
  const { settings, signal } = loop;
  const { config, root, maxBytes, name } = settings;
  const outcome = await takeFile(
    loop,
    {
      root,
      origin: { folder: name, path: ready.path, identity: ready.look.identity },
      maxBytes,
      converter: config.converters[0] ?? null,
      arguments: config.arguments,
      priority: config.priority,
    },
    { signal },
  );
  await noteOutcome(loop, ready, outcome);
}

function findReady({ memory, settings, clock }: Loop): readonly Ready[] {
  const nowMs = clock.monotonicMs();
  const free = Math.min(TAKEN_AT_ONCE, settings.shared.inFlight - memory.open.size);
  const ready: Ready[] = [];
  for (const [path, look] of memory.looks) {
    if (ready.length >= free) break;
    if (look.readyAtMs <= nowMs) ready.push({ path, look });
  }
  return ready;
}

/**
 * Take what is ready, until nothing is, nothing more may be in flight, or the store is full.
 *
 * @param loop - Whose files.
 * @throws {AirlockError} unavailable when the store has failed; `signal.reason` when the loop is stopped.
 */
export async function takeReady(loop: Loop): Promise<void> {
  const { clock, times, state, signal } = loop;
  while (clock.monotonicMs() >= times.pausedUntilMs) {
    state.pausedBy = null;
    const ready = findReady(loop);
    if (ready.length === 0) return;
    // Order: all of them have ended before the first error counts, or one might be taken twice at once.
    const ends = await Promise.allSettled(ready.map((one) => takeOneSafely(loop, one)));
    signal.throwIfAborted();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}
