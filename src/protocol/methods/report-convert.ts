// report/convert: what a file would become; nothing is kept.

import { z } from 'zod';
import { inputParams } from '../input-shape.ts';
import type { MethodSpec } from '../method-spec.ts';
import { argumentsParam } from '../shapes.ts';

const log = z.array(z.object({ level: z.string(), text: z.string() }));

/** Milliseconds, bytes and a count. */
const stats = z.object({
  wallMs: z.number(),
  cpuMs: z.number(),
  heapBytes: z.number(),
  outputBytes: z.number(),
  records: z.int(),
});

/**
 * `report/convert`: file and companions as in `report/submit`. `reports` are canonical, empty but for `converted`; the bytes of their
 * attachments are not in the answer. `reason` is there for every other outcome, `line` and `column` (of the file, from 1) for
 * `rejected`, `afterMs` for `suspended`; `converter` is null for a canonical file, `stats` where nothing was converted in the sandbox.
 * Errors: converter_failed, converter_timeout, converter_memory, converter_crashed with `file`, `line`, `column` of the converter,
 * `limit`, `used`, `allowed`, and the end of the `log`; converter_refused; too_large; queue_full (reason `waiting`, or as the queue
 * says); request_failed, too_many_in_flight, cancelled, invalid_params. Nothing here counts against a converter.
 */
export const reportConvert = {
  name: 'report/convert',
  sinceVersion: 1,
  scopes: ['submit'],
  rateClass: 'submit',
  largeResult: true,
  params: z.strictObject({
    ...inputParams,
    converter: z.string().min(1).max(64).optional(),
    arguments: argumentsParam.optional(),
  }),
  result: z.object({
    outcome: z.enum(['converted', 'skipped', 'rejected', 'suspended']),
    reason: z.string().optional(),
    line: z.int().nullable().optional(),
    column: z.int().nullable().optional(),
    afterMs: z.number().optional(),
    converter: z.object({ name: z.string(), version: z.string() }).nullable(),
    reports: z.array(z.record(z.string(), z.unknown())),
    warnings: z.array(z.string()),
    log,
    stats: stats.nullable(),
  }),
} as const satisfies MethodSpec;
