// intake/rescan: look through watch folders now instead of at the next minute.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';

/** `folder` left out = all of them. Answered before the folders are looked through. */
export const intakeRescan = {
  name: 'intake/rescan',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({ folder: z.string().min(1).max(32).optional() }),
  result: z.object({ folders: z.array(z.string()) }),
} as const satisfies MethodSpec;
