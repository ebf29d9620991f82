// What the daemon says about itself: gathered at each call; kept is only since when reasons hold, and what the store said last.

import type { LoadOutcome } from '../config/load.ts';
import type { DestinationConfig } from '../config/schema/destinations.ts';
import { isPassed } from '../conversion/registered.ts';
import type { Registry } from '../conversion/registry.ts';
import { withLastKnown } from '../core/last-known.ts';
import type { StatusSources } from '../handlers/status-get.ts';
import type { Intake } from '../intake/intake.ts';
import type { Pool } from '../sandbox/job.ts';
import type { Pause } from '../store/queue-types.ts';
import type { DestinationState, Store } from '../store/types.ts';
import { intakeLimitReasons, intakeReasons } from './intake-reasons.ts';
import {
  destinationReasons,
  diskReasons,
  HELD_BY_PERSON,
  makeDates,
  pauseReasons,
  queueReasons,
  runnerReasons,
  type StatusReason,
  STORE_FAILED,
} from './reasons.ts';
import type { StopRequests } from './stop-request.ts';
import { UNKNOWN_STATS } from './unknown-stats.ts';

type LoadedConfig = Extract<LoadOutcome, { kind: 'loaded' }>;
type DestinationStatus = Awaited<ReturnType<StatusSources['destinations']>>[number];

/** Parts that a status looks at. */
export type StatusParts = {
  readonly store: Pick<Store, 'destinations' | 'pauses' | 'stats'>;
  readonly pool: Pick<Pool, 'runners' | 'walls'>;
  readonly registry: Pick<Registry, 'list'>;
  readonly intake: Pick<Intake, 'list'>;
};

/** Everything a status is made of. */
export type Status = { readonly sources: (parts: StatusParts) => StatusSources };

const toTime = (unixMs: number | null): string | null => (unixMs === null ? null : new Date(unixMs).toISOString());

function toDestination(
  name: string,
  config: DestinationConfig,
  stored: DestinationState | undefined,
): DestinationStatus {
  return {
    name,
    type: config.type,
    state: config.enabled ? (stored?.state ?? 'up') : 'disabled',
    reason: stored?.message ?? stored?.reason ?? null,
    since: toTime(stored?.sinceUnixMs ?? null),
    nextTryAt: toTime(stored?.dueUnixMs ?? null),
  };
}

function toHeld(destination: DestinationStatus, { sinceUnixMs }: Pause): DestinationStatus {
  if (destination.state === 'disabled') return destination;
  return { ...destination, state: 'held', reason: HELD_BY_PERSON, since: toTime(sinceUnixMs), nextTryAt: null };
}

function toDestinations(
  configured: Readonly<Record<string, DestinationConfig>>,
  stored: readonly DestinationState[],
  pauses: readonly Pause[],
): DestinationStatus[] {
  return Object.entries(configured).map(([name, config]) => {
    const row = stored.find((state) => state.name === name);
    const pause = pauses.find(({ destination }) => destination === name);
    const known = toDestination(name, config, row);
    return pause === undefined ? known : toHeld(known, pause);
  });
}

function wallReasons(pool: Pick<Pool, 'walls'>, required: readonly string[], since: string): readonly StatusReason[] {
  return pool.walls
    .filter(({ name, active }) => required.includes(name) && !active)
    .map(({ name, detail }) => ({
      code: 'sandbox_wall_missing',
      since,
      subject: name,
      message: `${detail}: converters that are not bundled wait`,
      action: 'install bubblewrap, or accept the risk by setting sandbox.requireWalls to []',
    }));
}

function pendingReasons(registry: Pick<Registry, 'list'>, since: string): readonly StatusReason[] {
  return registry
    .list()
    .filter((converter) => converter.state === 'pending')
    .map((converter) => {
      const { message, action } = converter.pending;
      const waits = `${message}: what needs it waits`;
      return { code: 'converter_pending', since, subject: converter.name, message: waits, action };
    });
}

/**
 * Make the source of `status/get`.
 *
 * @param deps - Configuration as loaded, the wish to stop.
 */
export function makeStatus(deps: {
  readonly loaded: LoadedConfig;
  readonly stops: Pick<StopRequests, 'isAsked'>;
  readonly startedAt: string;
  readonly nowUnixMs: () => number;
}): Status {
  const { loaded, stops, startedAt } = deps;
  const { config } = loaded;
  const dates = makeDates(deps.nowUnixMs);
  return {
    sources: ({ store, pool, registry, intake }) => {
      const destinations = withLastKnown(store.destinations, []);
      const pauses = withLastKnown(store.pauses, []);
      return {
        state: () => (stops.isAsked() ? 'draining' : 'ready'),
        destinations: async () => {
          const [{ value: stored }, { value: paused }] = await Promise.all([destinations(), pauses()]);
          return toDestinations(config.destinations, stored, paused);
        },
        intake: intake.list,
        stats: withLastKnown(store.stats, UNKNOWN_STATS),
        reasons: ({ folders, stats, isStoreUp, ...known }) => [
          ...dates.date([
            ...(isStoreUp ? [] : [STORE_FAILED]),
            ...queueReasons(stats),
            ...diskReasons(stats),
            ...runnerReasons(pool),
            ...intakeLimitReasons(folders),
          ]),
          ...pauseReasons(stats),
          ...destinationReasons(known.destinations, startedAt),
          ...wallReasons(pool, config.sandbox.requireWalls, startedAt),
          ...pendingReasons(registry, startedAt),
          ...intakeReasons(folders),
        ],
        converters: () =>
          registry.list().map((converter) => ({
            name: converter.name,
            version: isPassed(converter) ? converter.checked.manifest.version : null,
            state: converter.state,
            origin: converter.origin,
          })),
        sandbox: () => ({ runners: { ...pool.runners() }, walls: pool.walls.map((wall) => ({ ...wall })) }),
        config: () => ({
          state: loaded.state,
          path: loaded.path,
          etag: loaded.etag,
          loadedAt: startedAt,
          restart: [],
          findings: loaded.findings.map((finding) => ({ ...finding })),
        }),
      };
    },
  };
}
