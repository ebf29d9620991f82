// queue/compact: give free pages of the database back to the file system.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';

/** Done by itself in quiet moments; this does not wait for them. On a full disk nothing is freed. Tells `$/progress`.
 * One runs at a time. Errors: busy, cancelled, deadline_exceeded; what is freed by then stays so. */
export const queueCompact = {
  name: 'queue/compact',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({}),
  result: z.object({ freedBytes: z.int(), fileBytes: z.int() }),
} as const satisfies MethodSpec;
