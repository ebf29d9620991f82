// converter/probe: which converters would take a file, how sure each is, and why.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';

/** Bytes of a file that converters are shown, or all of it where it has fewer. Source: sandbox.md 8. */
export const PROBE_HEAD_BYTES = 65_536;
const BASE64_CHARS = Math.ceil(PROBE_HEAD_BYTES / 3) * 4;

/**
 * `headBase64` is the beginning of the file, exactly 65,536 bytes or all of it where it has fewer; `size` is that of the whole file.
 * `candidates` are the converters that match, the surest first; `confidence` null: it was not asked. The answer is what would happen
 * to a file that is submitted without naming a converter. Errors: queue_full (reason `waiting`), invalid_params.
 */
export const converterProbe = {
  name: 'converter/probe',
  sinceVersion: 1,
  scopes: ['submit'],
  rateClass: 'calls',
  params: z.strictObject({
    name: z.string().min(1).max(255),
    size: z.int().min(0),
    headBase64: z
      .string()
      .max(BASE64_CHARS)
      .regex(/^[A-Za-z0-9+/]*={0,2}$/, 'must be base64'),
  }),
  result: z.object({
    choice: z.enum(['converter', 'canonical', 'refused', 'waiting']),
    /** Name of the converter that would take it. */
    converter: z.string().nullable(),
    reason: z.string().nullable(),
    candidates: z.array(
      z.object({ name: z.string(), version: z.string(), confidence: z.number().nullable(), reason: z.string() }),
    ),
  }),
} as const satisfies MethodSpec;
