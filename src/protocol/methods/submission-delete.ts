// submission/delete: submissions go for good, with their files, their reports and what was still to be delivered.

import { z } from 'zod';
import { DELETABLE_SUBMISSION_STATES } from '../../core/states.ts';
import type { MethodSpec } from '../method-spec.ts';
import { handResultSchema, keyParam, MAX_NAMED } from '../selection.ts';
import { idParam } from '../shapes.ts';

/** By `ids` or by `state`, one of both. A key with `submit` deletes its own submissions, a key with `admin` every one. One that is being
 * converted, or of which a report is being uploaded, is skipped as `busy`. A report that another submission gave too stays.
 * Errors: invalid_params; conflict. */
export const submissionDelete = {
  name: 'submission/delete',
  sinceVersion: 1,
  scopes: ['submit', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({
    ids: z.array(idParam).min(1).max(MAX_NAMED).optional(),
    state: z.enum(DELETABLE_SUBMISSION_STATES).optional(),
    dryRun: z.boolean().default(false),
    ...keyParam,
  }),
  result: handResultSchema,
} as const satisfies MethodSpec;
