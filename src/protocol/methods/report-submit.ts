// report/submit: hand over one file; answered only after it is durable.

import { z } from 'zod';
import { WIRE_LIMITS } from '../limits.ts';
import type { MethodSpec } from '../method-spec.ts';
import { idParam } from '../shapes.ts';

/** A lone surrogate has no UTF-8 form: encoding it would change the text unsaid. */
const wellFormed = (text: string): boolean => text.isWellFormed();
const NOT_WELL_FORMED = 'must be text that UTF-8 can hold';

const BASE64_CHARS = Math.ceil(WIRE_LIMITS.inlineBytes / 3) * 4;

/**
 * `report/submit`, inline only so far.
 *
 * `content` (text) or `contentBase64`: exactly one, at most 131,072 bytes (UTF-8, decoded). `size` and `sha256`, where given, are
 * checked (`request_failed`, reason `size_mismatch` or `sha256_mismatch`). `idempotencyKey` is known per key id.
 * Errors: too_large, queue_full, conflict, request_failed, invalid_params.
 */
export const reportSubmit = {
  name: 'report/submit',
  sinceVersion: 1,
  scopes: ['submit'],
  rateClass: 'submit',
  params: z.strictObject({
    name: z.string().min(1).max(255).refine(wellFormed, NOT_WELL_FORMED),
    content: z.string().refine(wellFormed, NOT_WELL_FORMED).optional(),
    contentBase64: z
      .string()
      .max(BASE64_CHARS)
      .regex(/^[A-Za-z0-9+/]*={0,2}$/, 'must be base64')
      .optional(),
    size: z.int().min(0).optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits')
      .optional(),
    converter: z.string().min(1).max(64).optional(),
    arguments: z.record(z.string().max(100), z.json()).optional(),
    priority: z.int().min(1).max(10).default(5),
    group: z.string().min(1).max(100).optional(),
    idempotencyKey: idParam,
  }),
  result: z.object({ submissionId: z.string(), sha256: z.string(), bytes: z.int(), duplicate: z.boolean() }),
} as const satisfies MethodSpec;
