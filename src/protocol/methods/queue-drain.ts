// queue/drain: wait until nothing goes on by itself any more.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { countsByState } from '../shapes.ts';
import { destinationParam } from './queue-list.ts';

/** `left`: what waits for a person or for time, and what is bound for a destination that is held or disabled. Tells `$/progress`. Wants a deadline (`_meta.deadlineMs`): without one it waits for as long as
 * something goes on. Errors: not_found for a destination that is not configured; request_failed (reason `paused`) when what is to be
 * drained is paused; deadline_exceeded; cancelled. */
export const queueDrain = {
  name: 'queue/drain',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({ destination: destinationParam.optional() }),
  result: z.object({ left: z.object({ submissions: countsByState, deliveries: countsByState }) }),
} as const satisfies MethodSpec;
