// report/submit: hand over one file; answered only after it is durable.

import { z } from 'zod';
import { inputParams } from '../input-shape.ts';
import type { MethodSpec } from '../method-spec.ts';
import { argumentsParam, idParam } from '../shapes.ts';

/**
 * `report/submit`.
 *
 * `content` (text), `contentBase64` or `stream`: exactly one, for the file and for each of its companions; inline at most 131,072
 * bytes (UTF-8, decoded). `size` and `sha256`, where given, are checked (`request_failed`, reason `size_mismatch` or
 * `sha256_mismatch`). `idempotencyKey` is known per key id. A result may come before the end of a stream. A stream that stalls ends
 * the call (`request_failed`, reason `stalled`): once it is read it brings 64 KiB or its end within every 30 s where `size` was
 * announced, else a byte within every 60 s.
 * Errors: too_large, queue_full, conflict, request_failed, too_many_in_flight, cancelled, invalid_params.
 */
export const reportSubmit = {
  name: 'report/submit',
  sinceVersion: 1,
  scopes: ['submit'],
  rateClass: 'submit',
  params: z.strictObject({
    ...inputParams,
    converter: z.string().min(1).max(64).optional(),
    arguments: argumentsParam.optional(),
    priority: z.int().min(1).max(10).default(5),
    group: z.string().min(1).max(100).optional(),
    idempotencyKey: idParam,
  }),
  result: z.object({ submissionId: z.string(), sha256: z.string(), bytes: z.int(), duplicate: z.boolean() }),
} as const satisfies MethodSpec;
