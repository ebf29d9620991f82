// queue/retry: deliveries that are dead, held, deferred or corrupt become ready again.

import { z } from 'zod';
import { RETRYABLE_DELIVERY_STATES } from '../../core/states.ts';
import type { MethodSpec } from '../method-spec.ts';
import { destinationParam } from './queue-list.ts';

/** Things named in one call at most. */
export const MAX_NAMED = 500;

/** What a retry came to; `skipped` has what was named and stays as it is. */
export const retryResultSchema = z.object({
  /** Changed, or with `dryRun` what would be. */
  count: z.int(),
  dryRun: z.boolean(),
  skipped: z.array(
    z.object({
      id: z.string(),
      reason: z.enum(['unknown', 'not_retryable', 'destination_removed', 'file_gone', 'queue_full']),
    }),
  ),
});

/**
 * By `ids` (`reportId@destination`), or by `state` and `destination`, or `all`: one of the three ways. A filter without a state
 * leaves out corrupt deliveries. Errors: invalid_params when none or several of the ways are given.
 */
export const queueRetry = {
  name: 'queue/retry',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({
    ids: z
      .array(
        z
          .string()
          .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@[a-z0-9][a-z0-9-]{0,31}$/, 'must be reportId@destination'),
      )
      .min(1)
      .max(MAX_NAMED)
      .optional(),
    state: z.enum(RETRYABLE_DELIVERY_STATES).optional(),
    destination: destinationParam.optional(),
    all: z.literal(true).optional(),
    dryRun: z.boolean().default(false),
  }),
  result: retryResultSchema,
} as const satisfies MethodSpec;
