// log/setLevel: another level for a time; it returns by itself.

import { z } from 'zod';
import { SETTABLE_LOG_LEVELS } from '../../core/logger.ts';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { time } from '../shapes.ts';

/** The last call counts: the level of the configuration is back after `forMs`, or at the next start. Errors: conflict. */
export const logSetLevel = {
  name: 'log/setLevel',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({
    level: z.enum(SETTABLE_LOG_LEVELS),
    forMs: z.int().min(1_000).max(86_400_000),
    ...keyParam,
  }),
  result: z.object({ level: z.string(), until: time, returnsTo: z.string() }),
} as const satisfies MethodSpec;
