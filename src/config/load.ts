// Loads the configuration of one home.

import { statSync } from 'node:fs';
import type { Finding } from '../core/findings.ts';
import type { Environment, Places } from '../disk/places.ts';
import { readConfigFile } from './config-file.ts';
import { listConverterNames } from './converter-names.ts';
import { makeEtag } from './document.ts';
import type { Origin } from './layers.ts';
import { resolveConfig } from './resolve-config.ts';
import type { AirlockConfig, ConvertersConfig } from './schema/root.ts';

/** What {@link loadConfig} needs. */
export type LoadDeps = {
  readonly places: Places;
  readonly env: Environment;
  /** Values of `--set`, in order: `queue.maxItems=5000`. */
  readonly commandLine: readonly string[];
  readonly hostname: string;
};

/** How loading ended. Findings of a loaded configuration are warnings and remarks only. */
export type LoadOutcome =
  | {
      readonly kind: 'loaded';
      /** Frozen. */
      readonly config: AirlockConfig;
      /** `defaults`: there is no file. */
      readonly state: 'ok' | 'defaults';
      /** The file, or where it would be. */
      readonly path: string;
      /** Version of the file's content; null without a file. */
      readonly etag: string | null;
      /** Key path → where its value comes from. */
      readonly origins: Readonly<Record<string, Origin>>;
      readonly findings: readonly Finding[];
    }
  | { readonly kind: 'invalid'; readonly findings: readonly Finding[]; readonly path: string };

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Load the configuration: file, environment and command line over the defaults.
 *
 * @throws {AirlockError} file_unreadable when a configuration file is there and cannot be read.
 * Source: configuration.md 3 and 4.
 */
export async function loadConfig({ places, env, commandLine, hostname }: LoadDeps): Promise<LoadOutcome> {
  const { path, bytes, findings } = await readConfigFile(places);
  const file = bytes === null ? null : { path, bytes };
  const folders = {
    places,
    isFolder,
    converterNames: (config: ConvertersConfig) => listConverterNames(places, config),
  };
  const resolved = resolveConfig({ file, env, commandLine, hostname, folders });
  const all = [...findings, ...resolved.findings];
  if (resolved.config === null) return { kind: 'invalid', findings: all, path };
  return {
    kind: 'loaded',
    config: resolved.config,
    state: bytes === null ? 'defaults' : 'ok',
    path,
    etag: bytes === null ? null : makeEtag(bytes),
    origins: resolved.origins,
    findings: all,
  };
}
