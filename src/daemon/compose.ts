// Builds every part of the daemon on one stack, in reading order.

import { randomBytes, randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import path from 'node:path';
import { resolveConfigPath } from '../config/config-path.ts';
import type { AirlockConfig } from '../config/schema/root.ts';
import { makeSecretResolver } from '../config/secrets.ts';
import { openConversionCalls } from '../conversion/call-port.ts';
import { makeCeilings } from '../conversion/limit-ceilings.ts';
import { openRegistry, type Registry } from '../conversion/registry.ts';
import { openResults, type Results } from '../conversion/results.ts';
import { type Conversions, startConversions } from '../conversion/worker.ts';
import type { Clock } from '../core/clock.ts';
import { type EventSource, makeEventBus } from '../core/event-bus.ts';
import type { Logger } from '../core/logger.ts';
import { type Delivery, startDelivery } from '../delivery/uploader.ts';
import { ensurePrivateDirectory } from '../disk/private-directory.ts';
import type { Environment, Places } from '../disk/places.ts';
import { listPrivatePlaces } from '../disk/private-places.ts';
import { openGate } from '../gate/open.ts';
import { parseShipped } from '../gate/shipped.ts';
import type { BootInfo } from '../handlers/boot.ts';
import type { LogLevelPort } from '../handlers/log-set-level.ts';
import { makeHandlers } from '../handlers/registry.ts';
import { readStatus } from '../handlers/status-get.ts';
import { type Intake, startIntake } from '../intake/intake.ts';
import { ensureGroupKeys } from '../link/group-keys.ts';
import { ownKeyFolder } from '../link/key-file.ts';
import { type KeyStore, openKeyStore } from '../link/key-store.ts';
import { ensureKeys } from '../link/keys.ts';
import { openEndpoint } from '../link/listen-endpoint.ts';
import { openBundle, type SealedBundle } from '../sandbox/bundle.ts';
import type { Pool } from '../sandbox/job.ts';
import { startPool } from '../sandbox/pool.ts';
import { type Server, startServer } from '../server/listen.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/types.ts';
import { listenToProgress } from './conversion-progress.ts';
import { chooseEndpoint, chooseTransport } from './endpoint.ts';
import type { FatalHandlers } from './fatal.ts';
import { findGroupAccess, type GroupAccess } from './group-access.ts';
import type { RestartBy } from './begin-anew.ts';
import { makeConfigPort, makeDestinationTester } from './ports.ts';
import { makeServerEvents, type ToldProgress } from './server-events.ts';
import { makeStatusWatch } from './status-watch.ts';
import type { Status } from './status.ts';
import type { StopRequests } from './stop-request.ts';

const packageRoot = path.resolve(import.meta.dirname, '../..');

/** What the daemon is built from. */
export type ComposeInput = {
  readonly config: AirlockConfig;
  readonly places: Places;
  readonly env: Environment;
  /** `--set key=value`, in order. */
  readonly commandLine: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly boot: BootInfo;
  readonly startedAt: string;
  readonly status: Status;
  readonly stops: StopRequests;
  readonly fatal: Pick<FatalHandlers, 'end'>;
  readonly logLevel: LogLevelPort;
  readonly restartBy: RestartBy;
};

/** The parts that the shutdown speaks to. */
export type Parts = {
  readonly store: Store;
  readonly pool: Pool;
  readonly conversions: Conversions;
  readonly delivery: Delivery;
  readonly intake: Intake;
  readonly server: Server;
};

async function ensurePlaces(places: Places): Promise<void> {
  for (const { folder } of listPrivatePlaces(places)) await ensurePrivateDirectory(folder);
}

function openConverters({ config, places, clock, log }: ComposeInput, bundle: SealedBundle): Promise<Registry> {
  const deps = {
    gate: openGate({ clock, log, ceilingsOf: makeCeilings(config) }),
    log,
    shipped: parseShipped(bundle.converters),
    resolvePath: (written: string) => resolveConfigPath(places, written),
  };
  return openRegistry(deps, config.converters);
}

function startUploads(input: ComposeInput, store: Store): Promise<Delivery> {
  const { config, places, env, clock, log } = input;
  const deps = {
    store,
    clock,
    log,
    random: () => randomInt(2 ** 32) / 2 ** 32,
    resolveSecret: makeSecretResolver({ places, env, log }),
    resolvePath: (written: string) => resolveConfigPath(places, written),
  };
  return startDelivery(deps, config.destinations);
}

function startWatching({ config, places, clock, log }: ComposeInput, store: Store): Promise<Intake> {
  const resolvePath = (written: string): string => resolveConfigPath(places, written);
  return startIntake({ store, clock, log, resolvePath, maxBytes: config.sandbox.limits.input }, config.intake);
}

type ListeningParts = {
  readonly store: Store;
  readonly pool: Pool;
  readonly results: Results;
  readonly registry: Registry;
  readonly intake: Intake;
  readonly keys: KeyStore;
  readonly delivery: Delivery;
  readonly progress: EventSource<ToldProgress>;
  readonly access: GroupAccess | null;
};

async function openKeys({ places, clock, log }: ComposeInput, access: GroupAccess | null): Promise<KeyStore> {
  const folder = ownKeyFolder(places.keys);
  const making = { random: randomBytes, nowUnixMs: clock.nowUnixMs };
  const records = await ensureKeys(making, places.keys);
  const shared = access === null ? [] : await ensureGroupKeys(making, access.keys);
  const keys = [...records.map((record) => ({ record, folder })), ...shared];
  return openKeyStore({ clock, log, random: randomBytes }, folder, keys);
}

function startListening(
  input: ComposeInput,
  { store, pool, results, registry, intake, keys, delivery, progress, access }: ListeningParts,
): Promise<Server> {
  const { config, places, clock, log, boot, startedAt, status, stops } = input;
  const shared = access?.shared ?? null;
  const endpoint = chooseEndpoint({ ...places, run: shared?.run ?? places.run }, log);
  const { instance, bootId, version } = boot;
  const transport = chooseTransport({ clock }, config.ipc.transport);
  const discovery = { endpoint, instance, pid: boot.pid, bootId, startedAt, version };
  const shutdown = {
    defaultGraceMs: config.daemon.drain,
    begin: (graceMs: number) => stops.ask({ reason: 'admin/shutdown', graceMs }),
  };
  const restart = {
    defaultGraceMs: config.daemon.drain,
    begin: (graceMs: number) => {
      stops.ask({ reason: 'admin/restart', graceMs, isRestart: true });
      return stops.isRestart();
    },
    by: input.restartBy,
  };
  const conversions = openConversionCalls({ registry, pool, results, clock, hostName: hostname() }, config);
  const sources = status.sources({ store, pool, registry, intake });
  const watched = makeStatusWatch({ clock, log, get: () => readStatus({ sources, boot }), hints: store.changes });
  const methods = makeHandlers({
    store,
    clock,
    conversions,
    boot,
    shutdown,
    registry,
    intake,
    delivery,
    restart,
    logLevel: input.logLevel,
    sources,
    config: makeConfigPort(input),
    testDestination: makeDestinationTester(input),
    keys,
    limitBytes: config.sandbox.limits.input,
  });
  return startServer(
    {
      clock,
      log,
      open: (options) => openEndpoint({ transport }, { run: places.run, discovery, shared }, options),
      endpoint,
      instance,
      keys: keys.ring,
      methods,
      events: makeServerEvents({ store, registry, progress, config: sources.config, status: watched }),
      random: randomBytes,
      bootId,
      version,
      reportLimitBytes: config.sandbox.limits.input,
    },
    config.ipc,
  );
}

/**
 * Build and start everything; what was opened is closed by the stack, last first.
 *
 * @param stack - Owns every part.
 * @param input - See {@link ComposeInput}.
 * @throws {AirlockError} already_running when another daemon holds the home; unavailable, cannot_write when a part cannot start.
 */
export async function compose(stack: AsyncDisposableStack, input: ComposeInput): Promise<Parts> {
  const { config, places, clock, log, fatal } = input;
  await ensurePlaces(places);

  const bundle = await openBundle({ folder: path.join(packageRoot, 'build', 'sealed'), root: packageRoot });
  // Order: the first runner starts while the store does; it touches nothing of the home, and both are slow.
  const starting = startPool({ clock, log, bundle }, config.sandbox);
  // Race: it may fail while the store is awaited; its own turn to be awaited comes below.
  starting.catch(() => undefined);
  stack.defer(() =>
    starting.then(
      (started) => started[Symbol.asyncDispose](),
      () => undefined,
    ),
  );

  // Order: the store holds the instance lock; nothing below may touch the home before it is ours.
  const store = stack.use(
    await openStore(
      { directory: path.join(places.state, 'queue'), clock, log, onDown: (reason) => fatal.end(reason, 'store') },
      { ...config.queue, idempotencyMs: config.ipc.idempotency, reportBytes: config.limits.report },
    ),
  );
  const access = await findGroupAccess(places, config.ipc.groups);
  const keys = stack.use(await openKeys(input, access));
  // Order: the gate looks at the station's own converters while the first runner starts; both are slow and neither needs the other.
  const checking = openConverters(input, bundle);
  // Race: it may fail while the pool is awaited; it is awaited itself once the pool has an owner.
  checking.catch(() => undefined);
  const pool = await starting;
  const registry = await checking;
  const results = stack.use(openResults());
  const delivery = stack.use(await startUploads(input, store));
  const progress = makeEventBus<ToldProgress>((err) => log.error({ err }, 'a listener to conversions failed'));
  const conversions = stack.use(
    startConversions(
      {
        store,
        pool,
        results,
        registry,
        clock,
        log,
        hostName: hostname(),
        destinationsFor: () => Object.keys(config.destinations),
        listenTo: (submission) => listenToProgress({ clock, publish: progress.publish }, submission),
      },
      config,
    ),
  );
  const intake = stack.use(await startWatching(input, store));
  // Order: last, so that no call meets a missing part.
  const server = stack.use(
    await startListening(input, { store, pool, results, registry, intake, keys, delivery, progress, access }),
  );
  return { store, pool, conversions, delivery, intake, server };
}
