// queue/hold: deliveries that a person holds back, whatever their destination does.

import { z } from 'zod';
import { HOLDABLE_DELIVERY_STATES } from '../../core/states.ts';
import type { MethodSpec } from '../method-spec.ts';
import { deliveriesParams, handResultSchema } from '../selection.ts';

/** Held until `queue/release`, also over restarts and when another revision of the report comes. What is being uploaded is skipped as `busy`.
 * Errors: invalid_params when none or several of the ways are given; conflict. */
export const queueHold = {
  name: 'queue/hold',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject(deliveriesParams(HOLDABLE_DELIVERY_STATES)),
  result: handResultSchema,
} as const satisfies MethodSpec;
