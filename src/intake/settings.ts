// One watch folder as its loop needs it: paths absolute, limits beside it.

import { resolve } from 'node:path';
import type { IntakeConfig, WatchFolderConfig } from '../config/schema/intake.ts';

/** One enabled watch folder. */
export type FolderSettings = {
  readonly name: string;
  /** Absolute. */
  readonly root: string;
  readonly config: WatchFolderConfig;
  /** Absolute. */
  readonly doneFolder: string;
  /** Absolute. */
  readonly errorFolder: string;
  readonly shared: Omit<IntakeConfig, 'folders'>;
  /** Largest file, bytes. */
  readonly maxBytes: number;
};

/**
 * The watch folders that are on.
 *
 * @param config - `intake`.
 * @param options - Where paths lead, and the largest file in bytes.
 */
export function readSettings(
  { folders, ...shared }: IntakeConfig,
  { resolvePath, maxBytes }: { readonly resolvePath: (written: string) => string; readonly maxBytes: number },
): readonly FolderSettings[] {
  return Object.entries(folders)
    .filter(([, { enabled }]) => enabled)
    .map(([name, config]) => {
      const root = resolvePath(config.path);
      const [doneFolder, errorFolder] = [resolve(root, config.doneFolder), resolve(root, config.errorFolder)];
      return { name, root, config, doneFolder, errorFolder, shared, maxBytes };
    });
}
