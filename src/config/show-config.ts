// Shows a configuration as a person would write it: what is set, or everything in force; secrets hidden.

import type { z } from 'zod';
import { AirlockError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import { readConfigFile } from './config-file.ts';
import { makeEtag, readDocument } from './document.ts';
import { isJsonObject, type Json, type JsonObject, type KeyPath } from './json.ts';
import { mergeLayers, type Origin } from './layers.ts';
import { type LoadDeps, loadConfig } from './load.ts';
import { CONFIG_VERSION, configSchema } from './schema/root.ts';
import { shapeOf, unwrapSchema } from './schema-walk.ts';
import { readCommandLine, readEnvironment } from './settings.ts';
import { secretReference, unitOf } from './values.ts';

const HIDDEN = '[hidden]';
/** Keys of other versions and of other products that hold a secret as plain text. */
const SECRET_KEY = /token|password|secret|auth_?value/i;

/** Source: configuration.md 4, `config show`. */
export type ShownConfig = {
  readonly path: string;
  /** Of the file; null without one. */
  readonly etag: string | null;
  readonly version: number;
  readonly state: 'ok' | 'defaults' | 'invalid';
  readonly config: JsonObject;
  /** Key path → where the value comes from. */
  readonly origins?: Readonly<Record<string, Origin>>;
};

/** What of it is wanted. */
export type ShowOptions = {
  /** Everything in force, defaults too; else what the file, the environment and the command line set. */
  readonly isEffective: boolean;
  readonly withOrigins: boolean;
};

function hideUser(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.username === '' && url.password === '')) return text;
  url.username = '';
  url.password = '';
  return url.href.replace('://', `://${HIDDEN}@`);
}

function showText(schema: z.core.$ZodType | null, text: string, path: KeyPath): string {
  const isSecret =
    schema === null ? SECRET_KEY.test(String(path.at(-1) ?? '')) : unwrapSchema(schema) === secretReference;
  return isSecret ? HIDDEN : hideUser(text);
}

function schemaBelow(schema: z.core.$ZodType | null, value: JsonObject, key: string): z.core.$ZodType | null {
  if (schema === null) return null;
  const shape = shapeOf(schema, value);
  if (shape.kind === 'map') return shape.value;
  return shape.kind === 'keys' ? (shape.keys.get(key) ?? null) : null;
}

function show(schema: z.core.$ZodType | null, value: Json, path: KeyPath): Json {
  if (typeof value === 'string') return showText(schema, value, path);
  if (typeof value === 'number') return (schema === null ? null : unitOf(schema))?.write(value) ?? value;
  if (Array.isArray(value)) return value.map((item: Json, index) => show(null, item, [...path, index]));
  if (!isJsonObject(value)) return value;
  // The name of a secret is none.
  if (schema !== null && unwrapSchema(schema) === secretReference) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, show(schemaBelow(schema, value, key), inner, [...path, key])]),
  );
}

/**
 * A configuration, whole or in part, with its units written out and no secret in it.
 *
 * @param config - As written or as parsed.
 */
export function toShown(config: JsonObject): JsonObject {
  const shown = show(configSchema, config, []);
  return isJsonObject(shown) ? shown : {};
}

function refuse(findings: readonly Finding[]): AirlockError {
  return new AirlockError('config_invalid', 'Cannot show what is in force: the configuration has errors', {
    data: { findings },
  });
}

async function showEffective(deps: LoadDeps, { withOrigins }: ShowOptions): Promise<ShownConfig> {
  const loaded = await loadConfig(deps);
  if (loaded.kind === 'invalid') throw refuse(loaded.findings);
  const { path, etag, state, origins } = loaded;
  // A configuration in force is JSON: numbers, texts, booleans, lists and objects.
  const config = toShown(loaded.config as unknown as JsonObject);
  return { path, etag, version: CONFIG_VERSION, state, config, ...(withOrigins && { origins }) };
}

async function showSet(deps: LoadDeps, { withOrigins }: ShowOptions): Promise<ShownConfig> {
  const { path, bytes } = await readConfigFile(deps.places);
  const document = bytes === null ? null : readDocument(path, new TextDecoder().decode(bytes));
  const environment = readEnvironment(configSchema, deps.env);
  const settings = [...environment.settings, ...readCommandLine(deps.commandLine).settings];
  const merged = mergeLayers({ document, settings });
  const loaded = await loadConfig(deps);
  const config = isJsonObject(merged) ? toShown(merged) : {};
  const common = { path, etag: bytes === null ? null : makeEtag(bytes), version: CONFIG_VERSION, config };
  if (loaded.kind === 'invalid') return { ...common, state: 'invalid' };
  const origins = Object.fromEntries(Object.entries(loaded.origins).filter(([, { origin }]) => origin !== 'default'));
  return { ...common, state: loaded.state, ...(withOrigins && { origins }) };
}

/**
 * Show the configuration of one home; it is read anew, so that it is the one on the disk.
 *
 * @param deps - As for loading.
 * @throws {AirlockError} config_invalid with every finding, where what is in force is wanted; file_unreadable.
 */
export function showConfig(deps: LoadDeps, options: ShowOptions): Promise<ShownConfig> {
  return options.isEffective ? showEffective(deps, options) : showSet(deps, options);
}
