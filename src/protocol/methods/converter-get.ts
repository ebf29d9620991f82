// converter/get: one converter by name.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { converterSchema } from './converter-list.ts';

/** The one that serves this name; a refused one only when no other has it. Errors: not_found. */
export const converterGet = {
  name: 'converter/get',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({ name: z.string().min(1).max(64) }),
  result: converterSchema,
} as const satisfies MethodSpec;
