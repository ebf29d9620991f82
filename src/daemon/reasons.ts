// Why the daemon is degraded, from what its rooms say. Pure; every action is a command or a sentence that mends it.

import { formatBytes } from '../core/units.ts';
import type { StatusSources } from '../handlers/status-get.ts';
import type { Pool } from '../sandbox/job.ts';
import type { StoreStats } from '../store/types.ts';

/** One reason. Source: configuration.md 4. */
export type StatusReason = ReturnType<StatusSources['reasons']>[number];
/** A reason before it is known since when it holds. */
export type UndatedReason = Omit<StatusReason, 'since'>;
type DestinationStatus = Awaited<ReturnType<StatusSources['destinations']>>[number];

/** From this share of a bound on the queue counts as nearly full. Source: configuration.md 4. */
const NEARLY_FULL = 0.8;

/** What is told of a destination that a person holds. */
export const HELD_BY_PERSON = 'held by a person';

/** A queue that a person paused: files are taken in and converted, nothing is uploaded. */
export function pauseReasons({ pauses }: Pick<StoreStats, 'pauses'>): readonly StatusReason[] {
  const message = 'uploads are paused by a person';
  return pauses
    .filter(({ destination }) => destination === null)
    .map(({ sinceUnixMs }) => ({
      code: 'queue_paused',
      since: new Date(sinceUnixMs).toISOString(),
      subject: 'queue',
      message,
      action: 'airlock queue resume',
    }));
}

/**
 * Destinations that are held, or that are away and waited for.
 *
 * @param startedAt - Stands in where nobody wrote down since when.
 */
export function destinationReasons(
  destinations: readonly DestinationStatus[],
  startedAt: string,
): readonly StatusReason[] {
  return destinations.flatMap(({ name, state, reason, since }) => {
    const verb = reason === HELD_BY_PERSON ? 'release' : 'test';
    const known = { since: since ?? startedAt, subject: name, action: `airlock destination ${verb} ${name}` };
    if (state === 'held') return [{ ...known, code: 'destination_held', message: reason ?? 'held' }];
    return state === 'waiting' ? [{ ...known, code: 'destination_down', message: reason ?? 'does not answer' }] : [];
  });
}

function isNearly(used: number, max: number): boolean {
  return max > 0 && used >= max * NEARLY_FULL;
}

/** The queue near one of its bounds; several bounds are one reason each. */
export function queueReasons({ items, maxItems, bytes }: StoreStats): readonly UndatedReason[] {
  const used = bytes.submissions + bytes.reports + bytes.reserved;
  const base = { code: 'queue_nearly_full', action: 'airlock queue list' };
  const full = ' nothing more is taken in when it is full';
  return [
    ...(isNearly(items, maxItems)
      ? [{ ...base, subject: 'queue.maxItems', message: `${items} of ${maxItems} items:${full}` }]
      : []),
    ...(isNearly(used, bytes.max)
      ? [{ ...base, subject: 'queue.maxBytes', message: `${formatBytes(used)} of ${formatBytes(bytes.max)}:${full}` }]
      : []),
  ];
}

/** A disk that is too full to take anything in. */
export function diskReasons({ disk }: StoreStats): readonly UndatedReason[] {
  const { freeBytes, floorBytes, ballast } = disk;
  if (freeBytes >= floorBytes) return [];
  const spent = ballast === 'spent' ? ', the ballast is given up' : '';
  return [
    {
      code: 'disk_low',
      subject: 'queue.minFreeDisk',
      message: `${formatBytes(freeBytes)} free, ${formatBytes(floorBytes)} are wanted${spent}: nothing is taken in`,
      action: 'free space on the disk that holds the state folder; airlock queue stats shows how much is free',
    },
  ];
}

/** No process to convert in. */
export function runnerReasons(pool: Pick<Pool, 'runners'>): readonly UndatedReason[] {
  const { busy, ready } = pool.runners();
  if (busy + ready > 0) return [];
  const message = 'no runner process is there: nothing is converted';
  return [{ code: 'no_runner', subject: 'sandbox', message, action: 'airlock doctor' }];
}

/** The store did not answer; what the status says of the queue is what it said last. */
export const STORE_FAILED: UndatedReason = {
  code: 'store_failed',
  subject: 'queue',
  message: 'the store does not answer: nothing is taken in, what was acknowledged is on the disk',
  action: 'airlock restart',
};

/** Remembers since when each reason holds; one that went away begins anew when it comes back. */
export type Dates = { readonly date: (reasons: readonly UndatedReason[]) => readonly StatusReason[] };

/**
 * Make an empty memory. A reason is as old as the first status that named it.
 *
 * @param nowUnixMs - Wall clock.
 */
export function makeDates(nowUnixMs: () => number): Dates {
  const since = new Map<string, string>();
  return {
    date: (reasons) => {
      const now = new Date(nowUnixMs()).toISOString();
      const keyed = reasons.map((reason) => ({ key: `${reason.code} ${reason.subject}`, reason }));
      for (const key of since.keys()) if (keyed.every((one) => one.key !== key)) since.delete(key);
      return keyed.map(({ key, reason }) => {
        const from = since.get(key) ?? now;
        since.set(key, from);
        return { ...reason, since: from };
      });
    },
  };
}
