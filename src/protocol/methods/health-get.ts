// health/get: can the daemon do its work?

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { statusGet } from './status-get.ts';

/**
 * `ready`: the store answers and a runner is there; a full queue or disk is told in `reasons` and changes nothing. `degraded`: something
 * needs a person; `reasons` as in `status/get`.
 */
export const healthGet = {
  name: 'health/get',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  whileStopping: true,
  params: z.strictObject({}),
  result: z.object({
    /** Always: whoever answers is alive. */
    live: z.literal(true),
    ready: z.boolean(),
    degraded: z.boolean(),
    state: statusGet.result.shape.state,
    reasons: statusGet.result.shape.reasons,
  }),
} as const satisfies MethodSpec;
