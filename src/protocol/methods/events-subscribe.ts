// events/subscribe: state first, then changes.

import { z } from 'zod';
import { EVENT_TOPICS } from '../events.ts';
import type { MethodSpec } from '../method-spec.ts';

/** No resume yet: `since` is accepted and answered with `resumed: false` and a fresh snapshot (protocol.md 9). */
export const eventsSubscribe = {
  name: 'events/subscribe',
  sinceVersion: 1,
  scopes: ['submit', 'read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({
    topics: z.array(z.enum(EVENT_TOPICS)).min(1).max(EVENT_TOPICS.length),
    since: z.strictObject({ bootId: z.string().max(100), cursor: z.string().max(200) }).optional(),
    minIntervalMs: z.int().min(0).max(60_000).optional(),
  }),
  result: z.object({
    subscription: z.string(),
    bootId: z.string(),
    seq: z.int(),
    cursor: z.string(),
    resumed: z.boolean(),
    snapshot: z.record(z.string(), z.unknown()).optional(),
  }),
} as const satisfies MethodSpec;
