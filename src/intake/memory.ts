// What the loop of one watch folder remembers between its rounds; all of it can be found out anew.

import type { SubmissionId } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import type { FolderFile, Store } from '../store/types.ts';
import { lookAt, type OddKind } from './look-at.ts';
import { judgeName } from './pattern.ts';
import { type Look, lookAgain } from './settle.ts';
import type { FolderSettings } from './settings.ts';

// Files that wait at once; the rest is found by a later rescan.
const MAX_LOOKS = 10_000;
const MAX_KNOWN = 100_000;
const MAX_ODD = 1_000;
const BATCH = 256;

/** What one loop remembers. */
export type Memory = {
  /** Files that are not taken yet, by path. */
  readonly looks: Map<string, Look>;
  /** Path → identity of files that need no second look. */
  readonly known: Map<string, string>;
  /** What is never opened. */
  readonly odd: Map<string, OddKind>;
  /** Taken in and not yet converted. */
  readonly open: Set<SubmissionId>;
};

/** What looking needs. */
export type LookDeps = {
  readonly store: Pick<Store, 'knownFiles' | 'touchFiles'>;
  readonly log: Logger;
  readonly settings: FolderSettings;
  readonly memory: Memory;
};

/** Make an empty memory. */
export function makeMemory(): Memory {
  return { looks: new Map(), known: new Map(), odd: new Map(), open: new Set() };
}

/** Remember a file that needs no second look as long as it stays as it is. */
export function rememberKnown({ looks, known }: Memory, { path, identity }: FolderFile): void {
  looks.delete(path);
  // The store knows them all: beginning anew costs a question to it.
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(path, identity);
}

function rememberOdd({ memory, log }: LookDeps, path: string, what: OddKind): void {
  const { odd, looks, known } = memory;
  looks.delete(path);
  known.delete(path);
  if (odd.get(path) === what || odd.size >= MAX_ODD) return;
  odd.set(path, what);
  log.warn({ file: path, what }, 'this is no regular file: it is never opened');
}

/**
 * Forget what is never opened and lies there no more.
 *
 * Order: before the paths are looked at, so that there is room for what is new.
 *
 * @param memory - Of the folder.
 * @param paths - Everything that a whole scan found.
 */
export function forgetGoneOdd({ odd }: Memory, paths: readonly string[]): void {
  if (odd.size === 0) return;
  const there = new Set(paths);
  for (const path of odd.keys()) if (!there.has(path)) odd.delete(path);
}

function rememberLook(
  { memory, settings }: LookDeps,
  { path, ...seen }: FolderFile & { readonly size: number },
  nowMs: number,
): boolean {
  const { looks, known } = memory;
  if (known.get(path) === seen.identity) return false;
  const previous = looks.get(path);
  if (previous === undefined && looks.size >= MAX_LOOKS) return false;
  const next = lookAgain(previous, seen, { settleMs: settings.config.settle, nowMs });
  if (next === previous) return false;
  looks.set(path, next);
  return true;
}

async function lookAtOne(deps: LookDeps, path: string, nowMs: number): Promise<'changed' | 'same' | 'none'> {
  const { settings, memory } = deps;
  const found = await lookAt(settings.root, path);
  if (found.kind === 'odd') rememberOdd(deps, path, found.what);
  else memory.odd.delete(path);
  if (found.kind === 'gone') {
    memory.looks.delete(path);
    memory.known.delete(path);
  }
  if (found.kind !== 'file') return 'none';
  return rememberLook(deps, { path, ...found }, nowMs) ? 'changed' : 'same';
}

/**
 * Look at files: those that are new or changed begin to settle, unless the store knows them.
 *
 * @param deps - Store, log, folder, memory.
 * @param paths - Relative, with `/`; names that are not wanted are passed over.
 * @param options - `isTouching`: tell the store which files still lie there.
 */
export async function lookAtAll(
  deps: LookDeps,
  paths: readonly string[],
  { nowMs, isTouching, signal }: { readonly nowMs: number; readonly isTouching: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { settings, memory, store } = deps;
  const wanted = paths.filter((path) => judgeName(path, { ...settings.config, ...settings.shared }) === 'wanted');
  for (let start = 0; start < wanted.length; start += BATCH) {
    signal.throwIfAborted();
    const present: string[] = [];
    const changed: FolderFile[] = [];
    for (const path of wanted.slice(start, start + BATCH)) {
      const verdict = await lookAtOne(deps, path, nowMs);
      if (verdict !== 'none') present.push(path);
      const look = verdict === 'changed' ? memory.looks.get(path) : undefined;
      if (look !== undefined) changed.push({ path, identity: look.identity });
    }
    const known = changed.length === 0 ? [] : await store.knownFiles(settings.name, changed);
    for (const file of changed) if (known.includes(file.path)) rememberKnown(memory, file);
    if (isTouching && present.length > 0) await store.touchFiles(settings.name, present);
  }
}
