// Which converters there are: the bundled ones, and those of the configured folders, each with the gate's verdict.

import type { ConvertersConfig } from '../config/schema/root.ts';
import { AirlockError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import type { Logger } from '../core/logger.ts';
import { makeSemaphore, type Semaphore } from '../core/semaphore.ts';
import type { GateVerdict } from '../gate/checked.ts';
import type { Gate, GateCheckOptions } from '../gate/open.ts';
import { type ConverterSettings, DEFAULT_SETTINGS, type RegisteredConverter } from './registered.ts';
import { isPrivateFolder, type ScannedConverter, scanFolder } from './scan-folder.ts';

/** What the registry needs. Paths are absolute; `resolvePath` completes those of the configuration. */
export type RegistryDeps = {
  readonly gate: Pick<Gate, 'check'>;
  readonly log: Logger;
  /** The package's own `converters/`. */
  readonly bundledFolder: string;
  readonly resolvePath: (path: string) => string;
};

/** The converters as they were found at start. */
export type Registry = {
  /** All of them, bundled ones first, then by folder and name. */
  readonly list: () => readonly RegisteredConverter[];
  /** The one that serves this name; a refused one only when no other has the name. */
  readonly find: (name: string) => RegisteredConverter | null;
};

/** Where converters come from, and what that means for them. */
type Source = {
  readonly origin: string;
  readonly trust: RegisteredConverter['trust'];
  readonly state: 'approved' | 'pending';
  readonly check: GateCheckOptions;
  readonly converters: readonly ScannedConverter[];
};

const BUNDLED = 'bundled';
// Two cores are what a small station has; more checks at once would only make each of them slower.
const CHECKS_AT_ONCE = 2;

function toFinding(code: string, message: string, suggestion: string): Finding {
  return { severity: 'error', code, path: '', file: null, line: null, column: null, message, suggestion };
}

async function readConverters(
  path: string,
  label: string,
  log: Logger,
): Promise<Pick<Source, 'converters'> & { ownerUid: number }> {
  const scan = await scanFolder(path);
  const none = { converters: [], ownerUid: 0 };
  switch (scan.kind) {
    case 'read':
      return scan;
    case 'missing':
      log.debug({ folder: label }, 'a folder of converters does not exist');
      return none;
    case 'unreadable':
    case 'too_many':
      log.error({ folder: label, ...scan }, 'a folder of converters cannot be used');
      return none;
    default:
      return scan satisfies never;
  }
}

async function readOwnSource(
  { log, resolvePath }: RegistryDeps,
  origin: string,
  folder: ConvertersConfig['folders'][string],
): Promise<Source> {
  const path = resolvePath(folder.path);
  const { converters } = await readConverters(path, origin, log);
  const wantsAuto = folder.approve === 'auto' && converters.length > 0;
  const isPrivate = wantsAuto && (await isPrivateFolder(path));
  if (wantsAuto && !isPrivate) {
    log.error({ folder: origin }, 'approve "auto" is not followed: others may write to the folder (chmod go-w)');
  }
  return { origin, trust: 'own', state: isPrivate ? 'approved' : 'pending', check: { isPrivate }, converters };
}

async function readSources(deps: RegistryDeps, config: ConvertersConfig): Promise<readonly Source[]> {
  const { converters, ownerUid } = await readConverters(deps.bundledFolder, BUNDLED, deps.log);
  const bundled: Source = {
    origin: BUNDLED,
    trust: 'bundled',
    state: 'approved',
    // Trust: whoever owns the package owns our own code beside it, so its owner is believed here.
    check: { trustedUid: ownerUid },
    converters,
  };
  // By name: the order of a configuration's keys is not kept by whoever reads or edits it.
  const folders = Object.entries(config.folders).sort(([left], [right]) => (left < right ? -1 : 1));
  return [bundled, ...(await Promise.all(folders.map(([origin, folder]) => readOwnSource(deps, origin, folder))))];
}

async function checkOne({ gate }: RegistryDeps, path: string, options: GateCheckOptions): Promise<GateVerdict> {
  try {
    return await gate.check(path, options);
  } catch (error) {
    if (!(error instanceof AirlockError)) throw error;
    const finding = toFinding('gate-unavailable', error.message, 'start the daemon again');
    return { kind: 'refused', findings: [finding] };
  }
}

function settingsOf(config: ConvertersConfig, name: string): ConverterSettings {
  return (Object.hasOwn(config.settings, name) ? config.settings[name] : undefined) ?? DEFAULT_SETTINGS;
}

function logRefusal(log: Logger, converter: RegisteredConverter): void {
  if (converter.state !== 'refused') return;
  const { name, origin, findings } = converter;
  log.warn({ converter: name, folder: origin, findings }, 'a converter was refused');
}

type Entry = { readonly source: Source; readonly scanned: ScannedConverter; readonly isTaken: boolean };

function listEntries(sources: readonly Source[]): readonly Entry[] {
  const taken = new Set<string>();
  return sources.flatMap((source) =>
    source.converters.map((scanned) => {
      const isTaken = taken.has(scanned.name);
      taken.add(scanned.name);
      return { source, scanned, isTaken };
    }),
  );
}

async function register(
  deps: RegistryDeps & { readonly checks: Semaphore },
  { source, scanned, isTaken }: Entry,
  settings: ConverterSettings,
): Promise<RegisteredConverter> {
  const known = { name: scanned.name, origin: source.origin, trust: source.trust, settings };
  if (isTaken) {
    const finding = toFinding(
      'name-taken',
      `"${known.name}" is the name of another converter`,
      'rename folder and manifest',
    );
    return { ...known, state: 'refused', findings: [finding] };
  }
  if (!settings.enabled) return { ...known, state: 'disabled' };
  using _permit = await deps.checks.acquire();
  const verdict = await checkOne(deps, scanned.path, source.check);
  return verdict.kind === 'passed'
    ? { ...known, state: source.state, checked: verdict.converter }
    : { ...known, state: 'refused', findings: verdict.findings };
}

/**
 * Find and check all converters.
 *
 * The names of bundled converters are reserved, also while `converters.bundled` is off; of two own converters with one name the
 * first serves. A converter that is refused hinders no other.
 *
 * @param deps - Gate, log, and where folders lie.
 * @param config - `converters`.
 */
export async function openRegistry(deps: RegistryDeps, config: ConvertersConfig): Promise<Registry> {
  const checks = makeSemaphore(CHECKS_AT_ONCE);
  const entries = listEntries(await readSources(deps, config)).filter(
    ({ source }) => config.bundled || source.trust !== 'bundled',
  );
  const converters = await Promise.all(
    entries.map((entry) => register({ ...deps, checks }, entry, settingsOf(config, entry.scanned.name))),
  );
  for (const converter of converters) logRefusal(deps.log, converter);
  for (const name of Object.keys(config.settings)) {
    if (converters.every((converter) => converter.name !== name)) {
      deps.log.warn({ converter: name }, 'converters.settings names a converter that does not exist');
    }
  }
  return {
    list: () => converters,
    find: (name) => converters.find((converter) => converter.name === name) ?? null,
  };
}
