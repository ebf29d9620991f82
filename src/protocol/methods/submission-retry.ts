// submission/retry: what has ended is converted again from its raw file, also with another converter or other arguments.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { argumentsParam, idParam } from '../shapes.ts';
import { MAX_NAMED, retryResultSchema } from './queue-retry.ts';

/** States that a submission is tried again from, if its raw file is still kept. */
export const RETRYABLE_SUBMISSIONS = [
  'converted',
  'skipped',
  'rejected',
  'suspended',
  'failed',
  'stopped',
  'crashed',
  'quarantined',
] as const;

/**
 * By `ids` or by `state`, one of both. A key with `submit` retries its own submissions, a key with `admin` every one. Reports that
 * come out again keep their ids: the same bytes change nothing, others are the next revision. Errors: invalid_params.
 */
export const submissionRetry = {
  name: 'submission/retry',
  sinceVersion: 1,
  scopes: ['submit', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({
    ids: z.array(idParam).min(1).max(MAX_NAMED).optional(),
    state: z.enum(RETRYABLE_SUBMISSIONS).optional(),
    converter: z.string().min(1).max(64).optional(),
    arguments: argumentsParam.optional(),
    dryRun: z.boolean().default(false),
  }),
  result: retryResultSchema,
} as const satisfies MethodSpec;
