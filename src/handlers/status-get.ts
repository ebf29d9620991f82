// Answers status/get: gathers what each room says about itself.

import type { IntakeFolder } from '../intake/intake.ts';
import type { Handler } from '../protocol/handler.ts';
import type { ResultOf } from '../protocol/method-spec.ts';
import type { statusGet } from '../protocol/methods/status-get.ts';
import type { Store } from '../store/types.ts';
import type { BootInfo } from './boot.ts';
import { toFolderLine } from './intake-list.ts';
import { toQueueStats } from './queue-stats.ts';
import { toTimeOrNull } from './rows.ts';

type Status = ResultOf<typeof statusGet>;

/** What the composition root tells about the parts that are not in the store. */
export type StatusSources = {
  readonly state: () => 'starting' | 'ready' | 'draining';
  readonly reasons: (destinations: Status['destinations'], folders: readonly IntakeFolder[]) => Status['reasons'];
  readonly destinations: () => Promise<Status['destinations']>;
  readonly intake: () => Promise<readonly IntakeFolder[]>;
  readonly converters: () => Status['converters'];
  readonly sandbox: () => Status['sandbox'];
  readonly config: () => Status['config'];
};

/** `degraded` = ready, with at least one reason. */
export const handleStatusGet: Handler<
  typeof statusGet,
  { store: Pick<Store, 'stats'>; sources: StatusSources; boot: BootInfo }
> = async ({ store, sources, boot }) => {
  const [stats, destinations, folders] = await Promise.all([store.stats(), sources.destinations(), sources.intake()]);
  const reasons = sources.reasons(destinations, folders);
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
};
