// Events of one watch folder: hints where to look, never more. Source: operators.md 4.

import { relative, sep } from 'node:path';
import { watch } from 'chokidar';
import { makePathRelation } from '../disk/path-relation.ts';
import { MAX_DEPTH } from './scan.ts';

/** What to watch. */
export type WatchInput = {
  readonly root: string;
  readonly isRecursive: boolean;
  /** Absolute paths that are left out with everything inside. */
  readonly skip: readonly string[];
  /** Something appeared or changed at this relative path, with `/`. */
  readonly onHint: (path: string) => void;
  /** Events may have been lost. */
  readonly onError: (error: unknown) => void;
  /** It was armed everywhere, but for what `onError` was told. */
  readonly onReady: () => void;
  /** How names are compared. */
  readonly platform?: NodeJS.Platform;
};

/**
 * Watch a folder, one subscription per folder: recursive ones block the event loop in a burst.
 *
 * What lies there already raises no hint.
 *
 * @param input - See {@link WatchInput}.
 * @returns closes it; may be called more than once.
 */
export function startWatcher({
  root,
  isRecursive,
  skip,
  onHint,
  onError,
  onReady,
  platform,
}: WatchInput): AsyncDisposable {
  const { isSame, isInside } = makePathRelation(platform);
  const isSkipped = (path: string): boolean => skip.some((one) => isSame(path, one) || isInside(path, one));
  const watcher = watch(root, {
    backend: 'native',
    depth: isRecursive ? MAX_DEPTH : 0,
    followSymlinks: false,
    ignoreInitial: true,
    atomic: false,
    // As they are written, which chokidar follows through links too; and as the platform compares names.
    ignored: [...skip.map((path) => ({ path, recursive: true })), isSkipped],
    persistent: false,
  });
  const hint = (path: string): void => onHint(relative(root, path).replaceAll(sep, '/'));
  watcher.on('add', hint).on('change', hint).on('error', onError).on('ready', onReady);
  return { [Symbol.asyncDispose]: () => watcher.close() };
}
