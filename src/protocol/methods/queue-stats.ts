// queue/stats: how much is in the queue, counted from the database.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { countsByState, time } from '../shapes.ts';

/** What a person stopped: the whole queue since then (null = not), and destinations by name. */
export const pausedSchema = z.object({ since: time.nullable(), destinations: z.array(z.string()) });

/** Depth and bytes by state. */
export const queueStatsSchema = z.object({
  /** What counts towards `maxItems`. */
  items: z.int(),
  maxItems: z.int(),
  submissions: countsByState,
  deliveries: countsByState,
  /** Kept; `reserved` is promised to uploads that are arriving, `max` 0 = no limit. */
  bytes: z.object({ submissions: z.int(), reports: z.int(), reserved: z.int(), max: z.int() }),
  /** Nothing is taken in below `floorBytes`. `ballast` `spent`: given up on a full disk, or not laid down yet. */
  disk: z.object({ freeBytes: z.int(), floorBytes: z.int(), ballast: z.enum(['ready', 'spent', 'off']) }),
  /** Age of the oldest delivery that could be sent now; null when there is none. */
  oldestReadyAgeMs: z.int().nullable(),
  paused: pausedSchema,
  /** Refusals since start, by reason. */
  refusals: z.record(z.string(), z.int()),
});

/** `queue/stats` `{}`. */
export const queueStats = {
  name: 'queue/stats',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({}),
  result: queueStatsSchema,
} as const satisfies MethodSpec;
