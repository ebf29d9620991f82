// Which converters there are: the bundled ones, and those of the configured folders, each with the gate's verdict.

import type { ConvertersConfig } from '../config/schema/root.ts';
import { AirlockError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import type { Logger } from '../core/logger.ts';
import { makeSemaphore, type Semaphore } from '../core/semaphore.ts';
import type { CheckedConverter, GateVerdict } from '../gate/checked.ts';
import type { Gate, GateCheckOptions } from '../gate/open.ts';
import { waitsForApproval, waitsForPrivacy } from './pending.ts';
import {
  type ConverterSettings,
  DEFAULT_SETTINGS,
  type PendingConverter,
  type RegisteredConverter,
} from './registered.ts';
import { isPrivateFolder, type ScannedConverter, scanFolder } from './scan-folder.ts';

/** What the registry needs. */
export type RegistryDeps = {
  readonly gate: Pick<Gate, 'check'>;
  readonly log: Logger;
  /** The bundled converters; they passed the gate when the package was built. */
  readonly shipped: readonly CheckedConverter[];
  /** Completes a path of the configuration. */
  readonly resolvePath: (path: string) => string;
};

/** The converters as they were found at start. */
export type Registry = {
  /** All of them, bundled ones first, then by folder and name. */
  readonly list: () => readonly RegisteredConverter[];
  /** The one that serves this name; a refused one only when no other has the name. */
  readonly find: (name: string) => RegisteredConverter | null;
};

/** `only`: register this name and no other, for it takes the gate a while to look at many. */
export type RegistryOptions = { readonly only?: string | null };

type Approval = { readonly state: 'approved' } | Pick<PendingConverter, 'state' | 'pending'>;

/** A converter before its verdict: where it comes from, and what a pass makes of it. */
type Candidate = {
  readonly name: string;
  readonly origin: string;
  readonly trust: RegisteredConverter['trust'];
  readonly onPass: Approval;
  readonly check: () => Promise<GateVerdict>;
};

/** What reading an own folder needs; `checks` has a permit for each check that may run at once. */
type OwnDeps = Omit<RegistryDeps, 'shipped'> & { readonly checks: Semaphore };

const BUNDLED = 'bundled';
// Two cores are what a small station has; more checks at once would only make each of them slower.
const CHECKS_AT_ONCE = 2;

function toFinding(code: string, message: string, suggestion: string): Finding {
  return { severity: 'error', code, path: '', file: null, line: null, column: null, message, suggestion };
}

function toBundled(converter: CheckedConverter): Candidate {
  const verdict: GateVerdict = { kind: 'passed', converter, findings: [] };
  return {
    name: converter.manifest.name,
    origin: BUNDLED,
    trust: 'bundled',
    onPass: { state: 'approved' },
    check: () => Promise.resolve(verdict),
  };
}

async function readFolder(path: string, origin: string, log: Logger): Promise<readonly ScannedConverter[]> {
  const scan = await scanFolder(path);
  switch (scan.kind) {
    case 'read':
      return scan.converters;
    case 'missing':
      log.debug({ folder: origin }, 'a folder of converters does not exist');
      return [];
    case 'unreadable':
    case 'too_many':
      log.error({ folder: origin, ...scan }, 'a folder of converters cannot be used');
      return [];
    default:
      return scan satisfies never;
  }
}

async function checkOne({ gate, checks }: OwnDeps, path: string, options: GateCheckOptions): Promise<GateVerdict> {
  using _permit = await checks.acquire();
  try {
    // A thread that did not start in time says more about the machine than about the converter.
    return await gate.check(path, options).catch(() => gate.check(path, options));
  } catch (error) {
    if (!(error instanceof AirlockError)) throw error;
    const finding = toFinding('gate-unavailable', error.message, 'start the daemon again');
    return { kind: 'refused', findings: [finding] };
  }
}

async function readOwn(
  deps: OwnDeps,
  origin: string,
  folder: ConvertersConfig['folders'][string],
): Promise<readonly Candidate[]> {
  const { log, resolvePath } = deps;
  const path = resolvePath(folder.path);
  const converters = await readFolder(path, origin, log);
  const wantsAuto = folder.approve === 'auto' && converters.length > 0;
  const isPrivate = wantsAuto && (await isPrivateFolder(path));
  if (wantsAuto && !isPrivate) {
    log.error({ folder: origin }, 'approve "auto" is not followed: others may write to the folder (chmod go-w)');
  }
  return converters.map((scanned) => ({
    name: scanned.name,
    origin,
    trust: 'own',
    onPass: isPrivate
      ? { state: 'approved' }
      : { state: 'pending', pending: wantsAuto ? waitsForPrivacy(origin) : waitsForApproval(origin) },
    check: () => checkOne(deps, scanned.path, { isPrivate }),
  }));
}

/** In the order in which names are taken: bundled ones first. */
async function listCandidates(deps: RegistryDeps, config: ConvertersConfig): Promise<readonly Candidate[]> {
  // By name: the order of a configuration's keys is not kept by whoever reads or edits it.
  const folders = Object.entries(config.folders).sort(([left], [right]) => (left < right ? -1 : 1));
  const own = { ...deps, checks: makeSemaphore(CHECKS_AT_ONCE) };
  const candidates = await Promise.all(folders.map(([origin, folder]) => readOwn(own, origin, folder)));
  return [...deps.shipped.map(toBundled), ...candidates.flat()];
}

function settingsOf(config: ConvertersConfig, name: string): ConverterSettings {
  return (Object.hasOwn(config.settings, name) ? config.settings[name] : undefined) ?? DEFAULT_SETTINGS;
}

function logRefusal(log: Logger, converter: RegisteredConverter): void {
  if (converter.state !== 'refused') return;
  const { name, origin, findings } = converter;
  log.warn({ converter: name, folder: origin, findings }, 'a converter was refused');
}

async function register(
  { name, origin, trust, onPass, check }: Candidate,
  settings: ConverterSettings,
  { isTaken }: { readonly isTaken: boolean },
): Promise<RegisteredConverter> {
  const known = { name, origin, trust, settings };
  if (isTaken) {
    const message = `"${name}" is the name of another converter`;
    return { ...known, state: 'refused', findings: [toFinding('name-taken', message, 'rename folder and manifest')] };
  }
  if (!settings.enabled) return { ...known, state: 'disabled' };
  const verdict = await check();
  return verdict.kind === 'passed'
    ? { ...known, ...onPass, checked: verdict.converter }
    : { ...known, state: 'refused', findings: verdict.findings };
}

/**
 * List the bundled converters, find and check all others.
 *
 * The names of bundled converters are reserved, also while `converters.bundled` is off; of two own converters with one name the
 * first serves. A converter that is refused hinders no other.
 *
 * @param deps - See {@link RegistryDeps}.
 * @param config - `converters`.
 * @param options - See {@link RegistryOptions}.
 */
export async function openRegistry(
  deps: RegistryDeps,
  config: ConvertersConfig,
  { only = null }: RegistryOptions = {},
): Promise<Registry> {
  const candidates = (await listCandidates(deps, config)).filter(({ name }) => only === null || name === only);
  // The first of each name: what is set last stays.
  const holders = new Map(candidates.toReversed().map((candidate) => [candidate.name, candidate]));
  const converters = await Promise.all(
    candidates
      .filter(({ trust }) => config.bundled || trust !== 'bundled')
      .map((candidate) =>
        register(candidate, settingsOf(config, candidate.name), {
          isTaken: holders.get(candidate.name) !== candidate,
        }),
      ),
  );
  for (const converter of converters) logRefusal(deps.log, converter);
  for (const name of only === null ? Object.keys(config.settings) : []) {
    if (converters.every((converter) => converter.name !== name)) {
      deps.log.warn({ converter: name }, 'converters.settings names a converter that does not exist');
    }
  }
  return {
    list: () => converters,
    find: (name) => converters.find((converter) => converter.name === name) ?? null,
  };
}
