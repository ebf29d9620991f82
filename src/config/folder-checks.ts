// Holds the watch folders against each other and against the instance's own folders. Source: configuration.md 2, intake.

import { posix, win32 } from 'node:path';
import { makePathRelation, type PathRelation } from '../disk/path-relation.ts';
import type { Places } from '../disk/places.ts';
import { resolveConfigPath } from './config-path.ts';
import { findNearest } from './edit-distance.ts';
import type { Remark } from './remark.ts';
import type { WatchFolderConfig } from './schema/intake.ts';
import type { AirlockConfig, ConvertersConfig } from './schema/root.ts';

/** What folders are held against. */
export type FolderChecks = {
  readonly places: Places;
  /** Is there a folder, through links or not? */
  readonly isFolder: (path: string) => boolean;
  /** Names of the converters that are served; null = it cannot be said. Left out: names are not checked. */
  readonly converterNames?: (config: ConvertersConfig) => readonly string[] | null;
  readonly platform?: NodeJS.Platform;
};

/** A watch folder with its paths made absolute. */
type Resolved = {
  readonly name: string;
  readonly config: WatchFolderConfig;
  readonly path: string;
  readonly targets: readonly { readonly key: 'doneFolder' | 'errorFolder'; readonly path: string }[];
};

const OWN_FOLDERS = ['keys', 'secrets', 'run', 'state', 'log', 'delivered', 'converters'] as const;

function resolveFolder(name: string, config: WatchFolderConfig, { places, platform }: FolderChecks): Resolved {
  const options = platform === undefined ? {} : { platform };
  const path = resolveConfigPath(places, config.path, options);
  const target = (written: string): string =>
    ((platform ?? process.platform) === 'win32' ? win32 : posix).resolve(path, written);
  const targets = [
    ...(config.onDone === 'move' ? [{ key: 'doneFolder' as const, path: target(config.doneFolder) }] : []),
    ...(config.onFailed === 'move' ? [{ key: 'errorFolder' as const, path: target(config.errorFolder) }] : []),
  ];
  return { name, config, path, targets };
}

type Checked = Resolved & { readonly checks: FolderChecks; readonly relation: PathRelation };

/** Name of the instance's own folder that this path is, lies in or (with all that is below) holds; null = none. */
function findOwn(
  path: string,
  { checks, relation, isDeep }: Pick<Checked, 'checks' | 'relation'> & { isDeep: boolean },
) {
  const { places } = checks;
  if (relation.isSame(path, places.home)) return 'the home folder itself';
  for (const own of OWN_FOLDERS) {
    if (relation.isSame(path, places[own]) || relation.isInside(path, places[own])) return `the folder "${own}"`;
    if (isDeep && relation.isInside(places[own], path)) return `a folder above "${own}"`;
  }
  return null;
}

function* findOwnFolders(folder: Checked): Generator<Remark> {
  const { name, config, path, targets } = folder;
  const own = findOwn(path, { ...folder, isDeep: config.recursive });
  // What lies below a path that is refused is refused with it: once is enough.
  const found =
    own === null
      ? targets.map((target) => ({ key: target.key, own: findOwn(target.path, { ...folder, isDeep: false }) }))
      : [{ key: 'path', own }];
  for (const { key, own: named } of found) {
    if (named === null) continue;
    const message = `must not be ${named} of airlock, nor lie in it: choose another folder`;
    yield { severity: 'error', code: 'overlap', path: ['intake', 'folders', name, key], at: 'value', message };
  }
}

function* findOverlaps(folder: Checked, others: readonly Resolved[]): Generator<Remark> {
  const { name, path, targets, relation } = folder;
  const error = { severity: 'error', code: 'overlap', at: 'value' } as const;
  for (const other of others) {
    const meets = relation.isSame(path, other.path) || relation.isInside(path, other.path);
    if (other.name !== name && meets) {
      const message = `is, or lies in, the watch folder "${other.name}": a file would be taken twice`;
      yield { ...error, path: ['intake', 'folders', name, 'path'], message };
    }
    for (const target of targets) {
      const isTaken = other.name !== name && other.config.recursive && relation.isInside(target.path, other.path);
      if (!isTaken && !relation.isSame(target.path, other.path)) continue;
      const message = `is the watch folder "${other.name}" or is watched with it: what is moved there would be taken again`;
      yield { ...error, path: ['intake', 'folders', name, target.key], message };
    }
  }
}

/** A converter that nobody knows refuses every file. A warning: like a folder, it may come later. */
function* findUnknownConverters({ name, config }: Resolved, known: readonly string[]): Generator<Remark> {
  for (const [index, converter] of config.converters.entries()) {
    if (known.includes(converter)) continue;
    const suggestion = findNearest(converter, known);
    yield {
      severity: 'warning',
      code: 'no_such_name',
      path: ['intake', 'folders', name, 'converters', index],
      at: 'value',
      message: `names the converter "${converter}", which does not exist: every file would be refused`,
      ...(suggestion === null ? {} : { suggestion: `"${suggestion}"` }),
    };
  }
}

/**
 * Find watch folders that cannot be, and those that are not there yet.
 *
 * @param config - A valid configuration; disabled folders are not looked at.
 * @param checks - The instance's places, whether a folder exists, and which converters do.
 * @returns errors `overlap`; warnings `no_such_folder` and `no_such_name`.
 */
export function* findFolderProblems(config: AirlockConfig, checks: FolderChecks): Generator<Remark> {
  const relation = makePathRelation(checks.platform);
  const folders = Object.entries(config.intake.folders)
    .filter(([, { enabled }]) => enabled)
    .map(([name, folder]) => resolveFolder(name, folder, checks));
  // Order: only where a folder names a converter are the folders of converters read.
  const isNaming = folders.some((folder) => folder.config.converters.length > 0);
  const known = (isNaming && checks.converterNames?.(config.converters)) || null;
  for (const folder of folders) {
    if (known !== null) yield* findUnknownConverters(folder, known);
    yield* findOwnFolders({ ...folder, checks, relation });
    yield* findOverlaps({ ...folder, checks, relation }, folders);
    if (checks.isFolder(folder.path)) continue;
    const message = 'is not there yet; it is watched as soon as it is';
    yield {
      severity: 'warning',
      code: 'no_such_folder',
      path: ['intake', 'folders', folder.name, 'path'],
      at: 'value',
      message,
    };
  }
}
