// queue/release: deliveries that a person held become ready again.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { deliveriesParams, handResultSchema } from '../selection.ts';

/** Only what `queue/hold` held; what is held for its destination's sake comes back with it, or by `queue/resume`. Errors: invalid_params
 * when none or several of the ways are given; conflict. */
export const queueRelease = {
  name: 'queue/release',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject(deliveriesParams(['held'])),
  result: handResultSchema,
} as const satisfies MethodSpec;
