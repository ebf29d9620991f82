// The layers of a configuration laid over each other, and for each value the layer that it comes from.

import type { Finding } from '../core/findings.ts';
import type { ConfigDocument } from './document.ts';
import { eachLeaf, type Json, type KeyPath, nest, overlay, toKeyText, valueAt, withoutNulls } from './json.ts';
import type { Remark } from './remark.ts';
import { decides, type Setting } from './settings.ts';

/** Where a value comes from. */
export type Origin = {
  readonly origin: 'default' | 'file' | 'environment' | 'command line';
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** Name of the environment variable. */
  readonly variable?: string;
};

/** All layers over the defaults; `settings` weakest first. */
export type Layers = { readonly document: ConfigDocument | null; readonly settings: readonly Setting[] };

/** What the layers say together. A null takes a weaker value away: null means the default. */
export function mergeLayers({ document, settings }: Layers): Json {
  // A file that says only `null` is no configuration; one that could not be read counts as empty, its findings say why.
  const root = document?.root === undefined ? {} : document.root;
  const layers = settings.map(({ path, value }) => nest(path, value));
  return withoutNulls(layers.reduce((under, over) => overlay(under, over), root));
}

function findSetting({ settings }: Layers, path: KeyPath): Setting | undefined {
  return settings.findLast((setting) => decides(setting, path));
}

type FilePlace = Pick<Finding, 'file' | 'line' | 'column'>;

const NO_PLACE: FilePlace = { file: null, line: null, column: null };

/**
 * Say where a remark belongs: the layer that holds the value, and the place in the file if that is the file.
 *
 * @param layers - All layers.
 * @param remark - Found in what {@link mergeLayers} made of them.
 */
export function placeRemark(layers: Layers, remark: Remark): Finding {
  const { path, at, message, severity, code, suggestion } = remark;
  const key = toKeyText(path);
  const setting = findSetting(layers, path);
  const from = setting === undefined ? '' : ` (from ${setting.from})`;
  const { document } = layers;
  const isInFile = setting === undefined && document !== null;
  const place = isInFile ? { file: document.file, ...document.placeOf(path, at) } : NO_PLACE;
  return {
    ...place,
    // A key that was just typed is refused; one that lies in a file may be another version's.
    severity: code === 'unknown_key' && setting?.origin === 'command line' ? 'error' : severity,
    code,
    path: key,
    message: key === '' ? message : `${key}${from}: ${message}`,
    ...(suggestion !== undefined && { suggestion }),
  };
}

function originOf({ document, settings }: Layers, path: KeyPath): Origin {
  const setting = findSetting({ document, settings }, path);
  if (setting?.value === null) return { origin: 'default' };
  if (setting !== undefined) {
    return { origin: setting.origin, ...(setting.origin === 'environment' && { variable: setting.from }) };
  }
  const written = document === null ? undefined : valueAt(document.root, path);
  if (document === null || written === undefined || written === null) return { origin: 'default' };
  return { origin: 'file', file: document.file, line: document.placeOf(path, 'value').line };
}

/** Say which values of the file a stronger layer hides: `masked`, at the hidden value. */
export function findMasked({ document, settings }: Layers): readonly Finding[] {
  if (document === null) return [];
  return settings.flatMap((setting) =>
    [...eachLeaf(setting.value, setting.path)]
      .filter(({ path }) => valueAt(document.root, path) !== undefined)
      .map(({ path }): Finding => {
        const message = `${toKeyText(path)}: this value is hidden by ${setting.from}`;
        const place = document.placeOf(path, 'value');
        return { severity: 'info', code: 'masked', path: toKeyText(path), file: document.file, ...place, message };
      }),
  );
}

/**
 * The origin of every value in force, by key path.
 *
 * @param layers - All layers.
 * @param config - The configuration that came out of them.
 */
export function listOrigins(layers: Layers, config: Json): Readonly<Record<string, Origin>> {
  const leaves = [...eachLeaf(config)];
  return Object.fromEntries(leaves.map(({ path }) => [toKeyText(path), originOf(layers, path)]));
}
