// destination/release: a destination is tried again at once, whoever or whatever held it.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { destinationParam } from './queue-list.ts';
import { pausedSchema } from './queue-stats.ts';

/** The same as `queue/resume` with a destination. Errors: not_found; conflict. */
export const destinationRelease = {
  name: 'destination/release',
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
