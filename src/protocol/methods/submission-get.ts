// submission/get: what became of one submitted file.

import { z } from 'zod';
import { DELIVERY_STATES, SUBMISSION_STATES } from '../../core/states.ts';
import type { MethodSpec } from '../method-spec.ts';
import { failureSchema, idParam, time } from '../shapes.ts';

/** One submission in a list. */
export const submissionSummarySchema = z.object({
  submissionId: z.string(),
  name: z.string(),
  state: z.enum(SUBMISSION_STATES),
  /** Why it waits, was skipped or ended without a report. */
  reason: z.string().nullable(),
  bytes: z.int(),
  sha256: z.string(),
  receivedAt: time,
  converter: z.object({ name: z.string(), version: z.string() }).nullable(),
});

/** One submission in full. */
const submissionSchema = submissionSummarySchema.extend({
  kid: z.string(),
  attempts: z.int(),
  /** When a suspended submission is tried again. */
  dueAt: time.nullable(),
  failure: failureSchema.nullable(),
  reports: z.array(
    z.object({
      id: z.string(),
      outcome: z.string(),
      /** The worst of its deliveries. */
      state: z.enum(DELIVERY_STATES),
      destinations: z.array(z.string()),
      /** One per destination: a report can be delivered to one and dead at another. */
      deliveries: z.array(z.object({ destination: z.string(), state: z.enum(DELIVERY_STATES) })),
    }),
  ),
  warnings: z.array(z.string()),
  log: z.array(z.object({ level: z.string(), text: z.string() })),
});

/** A key with `submit` sees its own, a key with `read` every submission. Errors: not_found, also for what the key may not see. */
export const submissionGet = {
  name: 'submission/get',
  sinceVersion: 1,
  scopes: ['submit', 'read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({ submissionId: idParam }),
  result: submissionSchema,
} as const satisfies MethodSpec;
