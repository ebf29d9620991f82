// destination/release: a destination is tried again at once, whoever or whatever held it.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { destinationParam } from './queue-list.ts';
import { pauseResultSchema } from './queue-pause.ts';

/** The same as `queue/resume` with a destination. Errors: not_found; conflict. */
export const destinationRelease = {
  name: 'destination/release',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({ name: destinationParam, ...keyParam }),
  result: pauseResultSchema,
} as const satisfies MethodSpec;
