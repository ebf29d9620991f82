// submission/retry: what has ended is converted again from its raw file, also with another converter or other arguments.

import { z } from 'zod';
import { RETRYABLE_SUBMISSION_STATES } from '../../core/states.ts';
import type { MethodSpec } from '../method-spec.ts';
import { argumentsParam, idParam } from '../shapes.ts';
import { handResultSchema, keyParam, MAX_NAMED } from '../selection.ts';

/**
 * By `ids` or by `state`, one of both. A key with `submit` retries its own submissions, a key with `admin` every one. Reports that
 * come out again keep their ids: the same bytes change nothing, others are the next revision. Errors: invalid_params; conflict.
 */
export const submissionRetry = {
  name: 'submission/retry',
  sinceVersion: 1,
  scopes: ['submit', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({
    ids: z.array(idParam).min(1).max(MAX_NAMED).optional(),
    state: z.enum(RETRYABLE_SUBMISSION_STATES).optional(),
    converter: z.string().min(1).max(64).optional(),
    arguments: argumentsParam.optional(),
    dryRun: z.boolean().default(false),
    ...keyParam,
  }),
  result: handResultSchema,
} as const satisfies MethodSpec;
