// queue/shape: what waits, by cause and age.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';

/** `counts` has one number for each of `boundsMs` (at most so old) and one for what is older. The largest first; at most 50 rows of each kind. */
export const queueShape = {
  name: 'queue/shape',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({}),
  result: z.object({
    boundsMs: z.array(z.int()),
    rows: z.array(
      z.object({
        kind: z.enum(['submission', 'delivery']),
        state: z.string(),
        /** The first 100 characters of why; null = it has its turn to come. */
        cause: z.string().nullable(),
        /** Of deliveries. */
        destination: z.string().nullable(),
        count: z.int(),
        counts: z.array(z.int()),
        oldestAgeMs: z.int(),
      }),
    ),
  }),
} as const satisfies MethodSpec;
