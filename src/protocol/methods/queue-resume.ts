// queue/resume: uploads go on.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { destinationParam } from './queue-list.ts';
import { pauseResultSchema } from './queue-pause.ts';

/** The end of `queue/pause` or `destination/hold`. Also clears what the destinations brought upon themselves: hold, backoff and
 * Retry-After are over at once. Without a destination those that are held by name stay held.
 * Errors: not_found for a destination that is not configured; conflict. */
export const queueResume = {
  name: 'queue/resume',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({ destination: destinationParam.optional(), ...keyParam }),
  result: pauseResultSchema,
} as const satisfies MethodSpec;
