// Checks a configuration and says everything that is wrong with it, without using it.

import { AirlockError } from '../core/errors.ts';
import type { Clock } from '../core/clock.ts';
import type { Finding } from '../core/findings.ts';
import { readConfigBytes } from './config-file.ts';
import { type LoadDeps, loadConfig } from './load.ts';
import { resolveConfig } from './resolve-config.ts';
import { CONFIG_VERSION } from './schema/root.ts';

/** Source: configuration.md 4, `config validate`. */
export type ConfigCheck = {
  readonly path: string;
  readonly version: number;
  readonly valid: boolean;
  readonly loadMs: number;
  readonly findings: readonly Finding[];
  /** Values that were mended on the way in: none so far. */
  readonly repairs: readonly string[];
};

type CheckDeps = LoadDeps & { readonly clock: Pick<Clock, 'monotonicMs'> };

async function resolveOther({ env, hostname }: CheckDeps, path: string) {
  const bytes = await readConfigBytes(path);
  if (bytes === null) {
    throw new AirlockError('file_unreadable', `Cannot read configuration ${path}: there is no such file`);
  }
  // The settings of this station must not mend or break a file that is meant for another.
  const plain = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AIRLOCK_')));
  const { config, findings } = resolveConfig({ file: { path, bytes }, env: plain, commandLine: [], hostname });
  return { path, isValid: config !== null, findings };
}

async function resolveOwn(deps: CheckDeps) {
  const loaded = await loadConfig(deps);
  return { path: loaded.path, isValid: loaded.kind === 'loaded', findings: loaded.findings };
}

/**
 * Check the configuration of this home, or any file by itself.
 *
 * @param deps - As for loading.
 * @param file - Absolute path of another file, or null for this home's own with its environment.
 * @throws {AirlockError} file_unreadable.
 */
export async function validateConfig(deps: CheckDeps, file: string | null): Promise<ConfigCheck> {
  const startedMs = deps.clock.monotonicMs();
  const { path, isValid, findings } = file === null ? await resolveOwn(deps) : await resolveOther(deps, file);
  const loadMs = Math.round((deps.clock.monotonicMs() - startedMs) * 10) / 10;
  return { path, version: CONFIG_VERSION, valid: isValid, loadMs, findings, repairs: [] };
}
