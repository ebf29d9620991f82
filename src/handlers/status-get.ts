// Answers status/get: gathers what each room says about itself.

import type { IntakeFolder } from '../intake/intake.ts';
import type { Handler } from '../protocol/handler.ts';
import type { ResultOf } from '../protocol/method-spec.ts';
import type { statusGet } from '../protocol/methods/status-get.ts';
import type { StoreStats } from '../store/types.ts';
import type { BootInfo } from './boot.ts';
import { toFolderLine } from './intake-list.ts';
import { toQueueStats } from './queue-stats.ts';
import { toTimeOrNull } from './rows.ts';

type Status = ResultOf<typeof statusGet>;

/** What reasons are made from. */
export type StatusFacts = {
  readonly destinations: Status['destinations'];
  readonly folders: readonly IntakeFolder[];
  readonly stats: StoreStats;
  readonly isStoreUp: boolean;
};

/** What the composition root tells about the parts that are not in the store. */
export type StatusSources = {
  readonly state: () => 'starting' | 'ready' | 'draining';
  readonly reasons: (facts: StatusFacts) => Status['reasons'];
  /** The store's counts; while it does not answer those of the last time, with `isFresh` false. */
  readonly stats: () => Promise<{ readonly value: StoreStats; readonly isFresh: boolean }>;
  /** These two also answer while the store does not, with what it said last. */
  readonly destinations: () => Promise<Status['destinations']>;
  readonly intake: () => Promise<readonly IntakeFolder[]>;
  readonly converters: () => Status['converters'];
  readonly sandbox: () => Status['sandbox'];
  readonly config: () => Status['config'];
};

/** Where a status comes from. */
type StatusDeps = { readonly sources: StatusSources; readonly boot: BootInfo };

/** The status of this moment. `degraded` = ready, with at least one reason. */
export async function readStatus({ sources, boot }: StatusDeps): Promise<Status> {
  const [counts, destinations, folders] = await Promise.all([
    sources.stats(),
    sources.destinations(),
    sources.intake(),
  ]);
  const stats = counts.value;
  const reasons = sources.reasons({ destinations, folders, stats, isStoreUp: counts.isFresh });
  const state = sources.state();
  const { lastDeliveryUnixMs, ...today } = stats.today;
  return {
    state: state === 'ready' && reasons.length > 0 ? 'degraded' : state,
    reasons,
    version: boot.version,
    bootId: boot.bootId,
    instance: boot.instance,
    pid: boot.pid,
    uptimeMs: boot.uptimeMs(),
    queue: toQueueStats(stats),
    destinations,
    intake: folders.map(toFolderLine),
    converters: sources.converters(),
    sandbox: sources.sandbox(),
    config: sources.config(),
    today: { ...today, lastDelivery: toTimeOrNull(lastDeliveryUnixMs) },
  };
}

/** See {@link readStatus}. */
export const handleStatusGet: Handler<typeof statusGet, StatusDeps> = (deps) => readStatus(deps);
