// queue/pause: nothing more is uploaded, to anywhere or to one destination.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { destinationParam } from './queue-list.ts';
import { pausedSchema } from './queue-stats.ts';

/** What is stopped after `queue/pause`, `queue/resume`, `destination/hold` and `destination/release`. */
export const pauseResultSchema = z.object({
  /** False when it was so already. */
  changed: z.boolean(),
  paused: pausedSchema,
});

/** Lasts over restarts, until `queue/resume`. What is being uploaded comes to its end; files are taken in and converted as before.
 * Errors: not_found for a destination that is not configured; conflict. */
export const queuePause = {
  name: 'queue/pause',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({ destination: destinationParam.optional(), ...keyParam }),
  result: pauseResultSchema,
} as const satisfies MethodSpec;
