// destination/test: is a destination there, and does it take what it is sent? No report is sent.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { destinationParam } from './queue-list.ts';

/** What was tried, in order; after a step that failed the rest is `skipped`. */
const destinationTestSchema = z.object({
  name: z.string(),
  type: z.string(),
  ok: z.boolean(),
  steps: z.array(
    z.object({
      name: z.enum(['folder', 'write', 'secret', 'resolve', 'connect', 'authenticate']),
      result: z.enum(['ok', 'failed', 'skipped']),
      message: z.string(),
    }),
  ),
});

/** A destination that is switched off can be tested as well. Errors: not_found when the configuration has none of that name. */
export const destinationTest = {
  name: 'destination/test',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({ name: destinationParam }),
  result: destinationTestSchema,
} as const satisfies MethodSpec;
