// queue/verify: is every stored body what was stored?

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';

/** Changes nothing: a damaged report becomes `corrupt` when its turn comes. Tells `$/progress`. One runs at a time.
 * Errors: busy, cancelled, deadline_exceeded. */
export const queueVerify = {
  name: 'queue/verify',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({}),
  result: z.object({
    checked: z.int(),
    bytes: z.int(),
    damagedCount: z.int(),
    /** The first hundred; `id` of the submission or report. */
    damaged: z.array(
      z.object({
        kind: z.enum(['submission', 'companion', 'report', 'attachment']),
        id: z.string(),
        problem: z.enum(['missing', 'mismatch', 'unreadable']),
      }),
    ),
  }),
} as const satisfies MethodSpec;
