// queue/stats: how much is in the queue, counted from the database.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { countsByState } from '../shapes.ts';

/** Depth and bytes by state. */
export const queueStatsSchema = z.object({
  /** What counts towards `maxItems`. */
  items: z.int(),
  maxItems: z.int(),
  submissions: countsByState,
  deliveries: countsByState,
  bytes: z.object({ submissions: z.int(), reports: z.int() }),
  /** Age of the oldest delivery that could be sent now; null when there is none. */
  oldestReadyAgeMs: z.int().nullable(),
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
