// report/get: one canonical report with the fate of each of its deliveries.

import { z } from 'zod';
import { DELIVERY_STATES } from '../../core/states.ts';
import type { MethodSpec } from '../method-spec.ts';
import { idParam, time } from '../shapes.ts';

/** One report in a list. */
export const reportSummarySchema = z.object({
  reportId: z.string(),
  submissionId: z.string(),
  revision: z.int(),
  state: z.enum(DELIVERY_STATES),
  kind: z.string(),
  outcome: z.string(),
  partNumber: z.string().nullable(),
  serialNumber: z.string().nullable(),
  bytes: z.int(),
  createdAt: time,
});

/** One report in full. `report` is null once the body is gone (delivered everywhere and retired). */
const reportDetailSchema = reportSummarySchema.extend({
  report: z.record(z.string(), z.unknown()).nullable(),
  deliveries: z.array(
    z.object({
      destination: z.string(),
      state: z.enum(DELIVERY_STATES),
      /** Failures charged to the report. */
      attempts: z.int(),
      /** Requests made. */
      tries: z.int(),
      dueAt: time.nullable(),
      lastError: z.string().nullable(),
      /** The destination's own words, cut. */
      answer: z.string().nullable(),
      deliveredAt: time.nullable(),
      serverId: z.string().nullable(),
    }),
  ),
});

/** A key with `submit` sees its own, a key with `read` every report. Errors: not_found; too_large when the answer does not fit into a frame. */
export const reportGet = {
  name: 'report/get',
  sinceVersion: 1,
  scopes: ['submit', 'read', 'admin'],
  rateClass: 'calls',
  largeResult: true,
  params: z.strictObject({ reportId: idParam }),
  result: reportDetailSchema,
} as const satisfies MethodSpec;
