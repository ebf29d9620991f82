// converter/list: every converter with what it takes, where it comes from, and whether it may run.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { findingSchema } from '../shapes.ts';

/** One converter. What is null was not read: it is refused or switched off. */
export const converterSchema = z.object({
  name: z.string(),
  version: z.string().nullable(),
  sha256: z.string().nullable(),
  /** `bundled`, or the name of the folder in `converters.folders`. */
  origin: z.string(),
  state: z.enum(['approved', 'pending', 'refused', 'disabled']),
  /** Why it does not run; null when it does. */
  reason: z.string().nullable(),
  priority: z.int(),
  description: z.string().nullable(),
  /** As its manifest says: which files it takes, how it reads them, and which other files it needs. */
  match: z.record(z.string(), z.unknown()).nullable(),
  input: z.string().nullable(),
  companions: z.array(z.string()),
  /** Of the gate, for one that is refused. */
  findings: z.array(findingSchema),
});

/** Bundled ones first, then by folder and name. */
export const converterList = {
  name: 'converter/list',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({}),
  result: z.object({ items: z.array(converterSchema) }),
} as const satisfies MethodSpec;
