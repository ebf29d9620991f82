// The sandbox inside the command's own process: converters, gate and one sealed runner, without a daemon.

import { hostname } from 'node:os';
import path from 'node:path';
import { resolveConfigPath } from '../../config/config-path.ts';
import { loadConfig } from '../../config/load.ts';
import type { AirlockConfig } from '../../config/schema/root.ts';
import { type ConversionCalls, openConversionCalls } from '../../conversion/call-port.ts';
import { makeCeilings } from '../../conversion/limit-ceilings.ts';
import { waitsForApproval } from '../../conversion/pending.ts';
import { DEFAULT_SETTINGS, type PassedConverter, type RegisteredConverter } from '../../conversion/registered.ts';
import { openRegistry } from '../../conversion/registry.ts';
import { openResults } from '../../conversion/results.ts';
import { AirlockError } from '../../core/errors.ts';
import { formatFinding } from '../../core/findings.ts';
import { silentLogger } from '../../core/logger.ts';
import { type Gate, openGate } from '../../gate/open.ts';
import { parseShipped } from '../../gate/shipped.ts';
import { openBundle, type SealedBundle } from '../../sandbox/bundle.ts';
import { startPool } from '../../sandbox/pool.ts';
import type { CliContext } from '../context.ts';

const packageRoot = path.resolve(import.meta.dirname, '../../..');

/** `name`: only this one is looked at; `folder`: the converter in this folder and no other. */
export type WantedConverter = { readonly name: string | null; readonly folder: string | null };

/** Conversions in this process; dispose it to end its runners. */
export type LocalConversions = AsyncDisposable & {
  readonly conversions: ConversionCalls;
  /** Names of converters that nobody has approved; here they run all the same, sealed. */
  readonly unapproved: ReadonlySet<string>;
  /** Converters that have no say because the gate, or the registry, refused them. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
  /** Name of the converter in the folder that was asked for; null without one. */
  readonly folderConverter: string | null;
  /** Largest file, in bytes. */
  readonly limitBytes: number;
};

async function readConfig({ places, env }: CliContext): Promise<AirlockConfig> {
  const loaded = await loadConfig({ places, env, commandLine: [], hostname: hostname() });
  if (loaded.kind === 'loaded') return loaded.config;
  const lines = loaded.findings.map(formatFinding).join('\n');
  throw new AirlockError('config_invalid', `Cannot convert: the configuration has errors\n${lines}`, {
    data: { findings: loaded.findings },
  });
}

async function checkFolder(gate: Gate, folder: string, config: AirlockConfig): Promise<PassedConverter> {
  const verdict = await gate.check(path.resolve(folder));
  if (verdict.kind === 'refused') {
    const reasons = verdict.findings.map(formatFinding).join('\n');
    throw new AirlockError(
      'converter_refused',
      `Cannot use the converter in ${folder}: the gate refused it\n${reasons}`,
      {
        data: { findings: verdict.findings },
      },
    );
  }
  const { name } = verdict.converter.manifest;
  const settings = Object.hasOwn(config.converters.settings, name) ? config.converters.settings[name] : undefined;
  return {
    name,
    origin: 'folder',
    trust: 'own',
    settings: settings ?? DEFAULT_SETTINGS,
    state: 'pending',
    pending: waitsForApproval('folder'),
    checked: verdict.converter,
  };
}

async function listConverters(
  context: CliContext,
  { config, bundle, wanted }: { config: AirlockConfig; bundle: SealedBundle; wanted: WantedConverter },
): Promise<readonly RegisteredConverter[]> {
  const gate = openGate({ clock: context.clock, log: silentLogger, ceilingsOf: makeCeilings(config) });
  if (wanted.folder !== null) return [await checkFolder(gate, wanted.folder, config)];
  const deps = {
    gate,
    log: silentLogger,
    shipped: parseShipped(bundle.converters),
    resolvePath: (written: string) => resolveConfigPath(context.places, written),
  };
  const named = wanted.name === null ? [] : (await openRegistry(deps, config.converters, { only: wanted.name })).list();
  // An unknown name is refused with the names that there are.
  return named.length > 0 ? named : (await openRegistry(deps, config.converters)).list();
}

/**
 * Start one sealed runner, and make every converter that passes the gate ready to run in it, approved or not.
 *
 * @param context - The command's context: its home's configuration and converters.
 * @param wanted - See {@link WantedConverter}; both null: all of them.
 * @throws {AirlockError} config_invalid; converter_refused when the gate refuses the folder; unavailable when no runner starts.
 */
export async function openLocalConversions(context: CliContext, wanted: WantedConverter): Promise<LocalConversions> {
  const config = await readConfig(context);
  const bundle = await openBundle({ folder: path.join(packageRoot, 'build', 'sealed'), root: packageRoot });
  const converters = await listConverters(context, { config, bundle, wanted });
  const approved = converters.map((one) => (one.state === 'pending' ? { ...one, state: 'approved' as const } : one));
  const { clock } = context;
  await using stack = new AsyncDisposableStack();
  const pool = stack.use(await startPool({ clock, log: silentLogger, bundle }, { ...config.sandbox, runners: 1 }));
  const results = stack.use(openResults());
  const owned = stack.move();
  return {
    conversions: openConversionCalls(
      { registry: { list: () => approved }, pool, results, clock, hostName: hostname() },
      config,
    ),
    unapproved: new Set(converters.filter(({ state }) => state === 'pending').map(({ name }) => name)),
    folderConverter: wanted.folder === null ? null : (converters[0]?.name ?? null),
    refused: converters.flatMap((one) =>
      one.state === 'refused' ? [{ name: one.name, reason: one.findings[0]?.message ?? 'no reason is known' }] : [],
    ),
    limitBytes: config.sandbox.limits.input,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
