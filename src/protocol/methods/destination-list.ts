// destination/list: where reports go, how each destination is, and what waits for it.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { countsByState, time } from '../shapes.ts';

/** One destination. `removed`: not in the configuration any more, but with deliveries that are held for it. */
const destinationSchema = z.object({
  name: z.string(),
  /** Null when it was removed. */
  type: z.string().nullable(),
  state: z.enum(['up', 'waiting', 'held', 'disabled', 'removed']),
  reason: z.string().nullable(),
  since: time.nullable(),
  nextTryAt: time.nullable(),
  deliveries: countsByState,
});

/** `destination/list` `{}`. */
export const destinationList = {
  name: 'destination/list',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({}),
  result: z.object({ items: z.array(destinationSchema) }),
} as const satisfies MethodSpec;
