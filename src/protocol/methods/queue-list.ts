// queue/list: deliveries, named `reportId@destination`, newest first, in pages.

import { z } from 'zod';
import { DELIVERY_STATES } from '../../core/states.ts';
import type { MethodSpec } from '../method-spec.ts';
import { pageParams, time } from '../shapes.ts';

/** Name of a destination as a parameter. */
export const destinationParam = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be a name of the configuration');

/** One delivery of the queue. */
export const queuedDeliverySchema = z.object({
  /** `reportId@destination`: what `queue/retry` takes. */
  id: z.string(),
  reportId: z.string(),
  destination: z.string(),
  submissionId: z.string(),
  revision: z.int(),
  state: z.enum(DELIVERY_STATES),
  /** Why it is held, deferred or dead. */
  reason: z.string().nullable(),
  /** Failures charged to the report. */
  attempts: z.int(),
  /** Requests made. */
  tries: z.int(),
  dueAt: time.nullable(),
  lastError: z.string().nullable(),
  /** The destination's own words, cut. */
  answer: z.string().nullable(),
  createdAt: time,
  deliveredAt: time.nullable(),
  serverId: z.string().nullable(),
});

/** Without a state everything that is not delivered. */
export const queueList = {
  name: 'queue/list',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({
    ...pageParams,
    state: z.enum(DELIVERY_STATES).optional(),
    destination: destinationParam.optional(),
  }),
  result: z.object({ items: z.array(queuedDeliverySchema), nextCursor: z.string().optional() }),
} as const satisfies MethodSpec;
