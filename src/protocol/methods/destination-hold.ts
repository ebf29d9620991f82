// destination/hold: nothing more is uploaded to a destination.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { destinationParam } from './queue-list.ts';
import { pausedSchema } from './queue-stats.ts';

/** The same as `queue/pause` with a destination. Errors: not_found; conflict. */
export const destinationHold = {
  name: 'destination/hold',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({ name: destinationParam, ...keyParam }),
  result: z.object({
    /** False when it was so already. */
    changed: z.boolean(),
    paused: pausedSchema,
  }),
} as const satisfies MethodSpec;
