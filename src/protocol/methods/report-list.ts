// report/list: reports, newest first, in pages.

import { z } from 'zod';
import { DELIVERY_STATES } from '../../core/states.ts';
import type { MethodSpec } from '../method-spec.ts';
import { idParam, pageParams } from '../shapes.ts';
import { reportSummarySchema } from './report-get.ts';

/** Newest first; a key without `read` sees those of its own submissions only. */
export const reportList = {
  name: 'report/list',
  sinceVersion: 1,
  scopes: ['submit', 'read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({
    ...pageParams,
    state: z.enum(DELIVERY_STATES).optional(),
    submissionId: idParam.optional(),
  }),
  result: z.object({ items: z.array(reportSummarySchema), nextCursor: z.string().optional() }),
} as const satisfies MethodSpec;
