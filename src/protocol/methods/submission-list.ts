// submission/list: submissions, newest first, in pages.

import { z } from 'zod';
import { SUBMISSION_STATES } from '../../core/states.ts';
import type { MethodSpec } from '../method-spec.ts';
import { pageParams } from '../shapes.ts';
import { submissionSummarySchema } from './submission-get.ts';

/** Newest first; a key without `read` sees its own only. */
export const submissionList = {
  name: 'submission/list',
  sinceVersion: 1,
  scopes: ['submit', 'read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({ ...pageParams, state: z.enum(SUBMISSION_STATES).optional() }),
  result: z.object({ items: z.array(submissionSummarySchema), nextCursor: z.string().optional() }),
} as const satisfies MethodSpec;
