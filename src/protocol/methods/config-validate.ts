// config/validate: everything that is wrong with the configuration on the disk of the daemon.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { findingSchema } from '../shapes.ts';

/** Source: configuration.md 4. */
const configCheckSchema = z.object({
  path: z.string(),
  version: z.int(),
  valid: z.boolean(),
  loadMs: z.number(),
  findings: z.array(findingSchema),
  repairs: z.array(z.string()),
});

/** `config/validate` `{}`: the file is read anew; the daemon goes on with what it has. */
export const configValidate = {
  name: 'config/validate',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({}),
  result: configCheckSchema,
} as const satisfies MethodSpec;
