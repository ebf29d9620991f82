// From the text of a file, variables and `--set` to the configuration in force, or to everything that is wrong. Pure.

import { type Finding, hasError } from '../core/findings.ts';
import type { Environment } from '../disk/places.ts';
import { findWarnings } from './checks.ts';
import { type ConfigDocument, MAX_CONFIG_BYTES, readDocument } from './document.ts';
import { expandPlaceholders } from './expand.ts';
import { findFolderProblems, type FolderChecks } from './folder-checks.ts';
import { readIssue } from './issues.ts';
import { isJsonObject, type Json } from './json.ts';
import { findMasked, type Layers, listOrigins, mergeLayers, type Origin, placeRemark } from './layers.ts';
import type { Remark } from './remark.ts';
import { type AirlockConfig, configSchema } from './schema/root.ts';
import { readCommandLine, readEnvironment } from './settings.ts';
import { findUnknownKeys } from './unknown-keys.ts';

/** Everything a configuration is made of. */
export type ConfigSources = {
  /** null = no file. `bytes` as they lie on the disk. */
  readonly file: { readonly path: string; readonly bytes: Uint8Array } | null;
  readonly env: Environment;
  /** Values of `--set`, in order. */
  readonly commandLine: readonly string[];
  readonly hostname: string;
  /** What the folders of the configuration are held against; without it only their form is checked. */
  readonly folders?: FolderChecks;
};

/** `config` is null when there is an error among the findings. */
export type ResolvedConfig = {
  readonly config: AirlockConfig | null;
  /** Key path → origin, for every value in force. */
  readonly origins: Readonly<Record<string, Origin>>;
  readonly findings: readonly Finding[];
};

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder's only error: bytes that are no UTF-8.
    return null;
  }
}

function decode({ path, bytes }: { path: string; bytes: Uint8Array }): ConfigDocument {
  const refuse = (message: string): ConfigDocument => {
    const finding = { severity: 'error', code: 'syntax', path: '', file: path, line: 1, column: 1, message } as const;
    return { file: path, root: undefined, findings: [finding], placeOf: () => ({ line: 1, column: 1 }) };
  };
  if (bytes.length > MAX_CONFIG_BYTES) return refuse(`the file is larger than ${MAX_CONFIG_BYTES} bytes`);
  const text = decodeUtf8(bytes);
  return text === null ? refuse('the file is no UTF-8 text') : readDocument(path, text);
}

/** Freeze a value and everything inside it. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

// A configuration in force is JSON: numbers, texts, booleans, lists and objects.
const toJson = (config: AirlockConfig): Json => config as unknown as Json;

function validate(
  sources: ConfigSources,
  layers: Layers,
): { config: AirlockConfig | null; remarks: readonly Remark[] } {
  const merged = mergeLayers(layers);
  if (!isJsonObject(merged)) {
    const message = 'expected an object { … } with the keys of the configuration';
    return { config: null, remarks: [{ severity: 'error', code: 'wrong_type', path: [], at: 'value', message }] };
  }
  const unknown = [...findUnknownKeys(configSchema, { value: merged })];
  const { value, remarks } = expandPlaceholders(sources, { schema: configSchema, value: merged });
  const parsed = configSchema.safeParse(value);
  if (parsed.success) {
    const config = freeze(parsed.data);
    const problems = sources.folders === undefined ? [] : findFolderProblems(config, sources.folders);
    return { config, remarks: [...unknown, ...remarks, ...findWarnings(config), ...problems] };
  }
  const issues = parsed.error.issues.flatMap((issue) => readIssue(issue, { root: value }));
  return { config: null, remarks: [...unknown, ...remarks, ...issues] };
}

/**
 * Make the configuration in force out of all its layers: default, file, environment, command line (the strongest).
 *
 * Never throws, whatever the texts hold: what is wrong becomes a finding, all of them at once.
 *
 * @param sources - All layers.
 * @returns `config` frozen, durations in milliseconds, sizes in bytes; null when a finding is an error.
 */
export function resolveConfig(sources: ConfigSources): ResolvedConfig {
  const document = sources.file === null ? null : decode(sources.file);
  const environment = readEnvironment(configSchema, sources.env);
  const commandLine = readCommandLine(sources.commandLine);
  const layers: Layers = { document, settings: [...environment.settings, ...commandLine.settings] };
  const { config, remarks } = validate(sources, layers);
  const findings = [
    ...(document?.findings ?? []),
    ...remarks.map((remark) => placeRemark(layers, remark)),
    ...environment.findings,
    ...commandLine.findings,
    ...findMasked(layers),
  ];
  if (config === null || hasError(findings)) return { config: null, origins: {}, findings };
  return { config, origins: listOrigins(layers, toJson(config)), findings };
}
