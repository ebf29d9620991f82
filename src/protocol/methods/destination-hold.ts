// destination/hold: nothing more is uploaded to a destination.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { destinationParam } from './queue-list.ts';
import { pauseResultSchema } from './queue-pause.ts';

/** The same as `queue/pause` with a destination. Errors: not_found; conflict. */
export const destinationHold = {
  name: 'destination/hold',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({ name: destinationParam, ...keyParam }),
  result: pauseResultSchema,
} as const satisfies MethodSpec;
