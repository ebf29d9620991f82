// submission/getMany: what became of several submitted files, in one call.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { idParam } from '../shapes.ts';
import { submissionGet } from './submission-get.ts';

/** As `submission/get`, in the order asked for; what does not exist or the key may not see is left out. */
export const submissionGetMany = {
  name: 'submission/getMany',
  sinceVersion: 1,
  scopes: ['submit', 'read', 'admin'],
  rateClass: 'calls',
  largeResult: true,
  params: z.strictObject({ submissionIds: z.array(idParam).min(1).max(100) }),
  result: z.object({ items: z.array(submissionGet.result) }),
} as const satisfies MethodSpec;
