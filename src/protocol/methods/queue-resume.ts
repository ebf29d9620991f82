// queue/resume: uploads go on.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { destinationParam } from './queue-list.ts';
import { pausedSchema } from './queue-stats.ts';

/** The end of `queue/pause` or `destination/hold`. Also clears what the destinations brought upon themselves: hold, backoff and
 * Retry-After are over at once. Without a destination those that are held by name stay held.
 * Errors: not_found for a destination that is not configured; conflict. */
export const queueResume = {
  name: 'queue/resume',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({ destination: destinationParam.optional(), ...keyParam }),
  result: z.object({
    /** False when it was so already. */
    changed: z.boolean(),
    paused: pausedSchema,
  }),
} as const satisfies MethodSpec;
