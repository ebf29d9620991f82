// queue/retry: deliveries that are dead, held, deferred or corrupt become ready again.

import { z } from 'zod';
import { RETRYABLE_DELIVERY_STATES } from '../../core/states.ts';
import type { MethodSpec } from '../method-spec.ts';
import { deliveriesParams, handResultSchema } from '../selection.ts';

/**
 * A filter without a state leaves out corrupt deliveries. What a person holds stays (`queue/release`). Errors: invalid_params when none
 * or several of the ways are given; conflict.
 */
export const queueRetry = {
  name: 'queue/retry',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject(deliveriesParams(RETRYABLE_DELIVERY_STATES)),
  result: handResultSchema,
} as const satisfies MethodSpec;
