// Settings that come from outside the file: environment variables and `--set` of the command line.

import type { z } from 'zod';
import type { Finding } from '../core/findings.ts';
import type { Environment } from '../disk/places.ts';
import { findDepthOffset } from './document.ts';
import { findNearest } from './edit-distance.ts';
import { isJsonObject, type Json, type KeyPath } from './json.ts';
import { makeUnplacedFinding } from './remark.ts';
import { listKeys, shapeOf } from './schema-walk.ts';

/** One value from outside the file. */
export type Setting = {
  readonly path: readonly string[];
  readonly value: Json;
  readonly origin: 'environment' | 'command line';
  /** Name of the variable, or `--set`. */
  readonly from: string;
};

/** What one layer says, weakest first, and what in it could not be read. */
export type SettingsReading = { readonly settings: readonly Setting[]; readonly findings: readonly Finding[] };

const PREFIX = 'AIRLOCK_';
/** Variables that are no keys; AIRLOCK_LAUNCHER is between the launcher and its child. */
const RESERVED = ['AIRLOCK_HOME', 'AIRLOCK_INSTANCE', 'AIRLOCK_KEY', 'AIRLOCK_ENDPOINT', 'AIRLOCK_LAUNCHER'];
const SECRET_PREFIX = 'AIRLOCK_SECRET_';

function readValue(text: string): Json {
  if (findDepthOffset(text) !== null) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not JSON: then it is the text itself.
    return text;
  }
}

/** `maxItems` → `MAX_ITEMS`, `wallPerMiB` → `WALL_PER_MI_B`. */
const toVariablePart = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/**
 * The variable that sets a key: `queue.maxItems` → `AIRLOCK_QUEUE__MAX_ITEMS`.
 *
 * @param path - Keys from the root.
 */
export const toVariableName = (path: KeyPath): string =>
  PREFIX + path.map((key) => toVariablePart(String(key)).replaceAll('-', '_')).join('__');

/** The path that a variable's parts name in the schema, or null. */
function findPath(schema: z.core.$ZodType, parts: readonly string[]): readonly string[] | null {
  const [part, ...rest] = parts;
  if (part === undefined) return [];
  const shape = shapeOf(schema);
  if (part === '' || shape.kind === 'list' || shape.kind === 'value') return null;
  if (shape.kind === 'map') {
    const below = findPath(shape.value, rest);
    return below === null ? null : [part.toLowerCase().replaceAll('_', '-'), ...below];
  }
  // Units in capitals (`WALL_PER_MIB`) are as good as the letter-by-letter form.
  const plain = (text: string) => text.replaceAll('_', '');
  const entry = [...shape.keys].find(([key]) => plain(toVariablePart(key)) === plain(part));
  if (entry === undefined) return null;
  const below = findPath(entry[1], rest);
  return below === null ? null : [entry[0], ...below];
}

const isReserved = (name: string): boolean => RESERVED.includes(name) || name.startsWith(SECRET_PREFIX);

/**
 * Read `AIRLOCK_QUEUE__MAX_ITEMS=5000` and its like.
 *
 * @param schema - The configuration's schema.
 * @param env - All variables; those without the prefix are not looked at.
 * @returns settings in the order of their names, and a warning `unknown_key` for each variable that names no key.
 */
export function readEnvironment(schema: z.core.$ZodType, env: Environment): SettingsReading {
  const settings: Setting[] = [];
  const findings: Finding[] = [];
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !isReserved(name));
  for (const from of names.sort()) {
    const text = env[from];
    if (text === undefined) continue;
    const path = findPath(schema, from.slice(PREFIX.length).split('__'));
    if (path !== null && path.length > 0) {
      settings.push({ path, value: readValue(text), origin: 'environment', from });
      continue;
    }
    const known = [...listKeys(schema).map((key) => toVariableName(key.split('.'))), ...RESERVED];
    const suggestion = findNearest(from, known);
    const message = `the environment variable ${from} names no key: it has no effect`;
    const finding = { severity: 'warning', path: '', message } as const;
    findings.push(makeUnplacedFinding(suggestion === null ? finding : { ...finding, suggestion }, 'unknown_key'));
  }
  return { settings, findings };
}

/**
 * Read the values of `--set queue.maxItems=5000`, in the order given.
 *
 * @param commandLine - Each one `key=value`.
 * @returns settings, and an error `syntax` for each text of another form.
 */
export function readCommandLine(commandLine: readonly string[]): SettingsReading {
  const settings: Setting[] = [];
  const findings: Finding[] = [];
  for (const text of commandLine) {
    const match = /^([^=\s]+?)=(.*)$/s.exec(text);
    const path = match?.[1]?.split('.') ?? [];
    if (match === null || path.includes('')) {
      const message = '--set: write key=value, as in --set queue.maxItems=5000';
      findings.push(makeUnplacedFinding({ severity: 'error', path: '', message }, 'syntax'));
      continue;
    }
    settings.push({ path, value: readValue(match[2] ?? ''), origin: 'command line', from: '--set' });
  }
  return { settings, findings };
}

/** Does this setting decide the value at a path: is it set there, or around it? */
export function decides(setting: Setting, path: KeyPath): boolean {
  if (setting.path.length > path.length) return false;
  if (!setting.path.every((key, index) => key === path[index])) return false;
  let value: Json | undefined = setting.value;
  for (const key of path.slice(setting.path.length)) {
    // An object merges with what lies under it: it decides only the keys that it holds.
    if (!isJsonObject(value)) return true;
    value = Object.hasOwn(value, key) ? value[key] : undefined;
    if (value === undefined) return false;
  }
  return true;
}
