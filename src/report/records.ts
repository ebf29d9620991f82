// The records that a conversion writes: a report in pieces, each small enough to be checked at once. Source: sandbox.md 5.

import { z } from 'zod';
import { STEP_OUTCOMES } from './rules.ts';
import {
  assetSchema,
  failureSchema,
  headFields,
  measurementSchema,
  miscSchema,
  stepFields,
  subUnitSchema,
} from './schema.ts';

const index = z.int().min(0);

/** Every record: `r` counts the reports of a conversion, `seq` its records, both from 0 without a gap. */
const common = { r: index, seq: index };

/** Null outcome: it follows from the parts. */
const openOutcome = z.enum(STEP_OUTCOMES).nullable().default(null);
const openStepSchema = z.strictObject({ ...stepFields, outcome: openOutcome });

/** Opens report `r`. Attachments come as records of their own. */
const startRecord = z.strictObject({
  ...common,
  kind: z.literal('start'),
  report: z.strictObject({
    ...headFields,
    outcome: headFields.outcome.nullable().default(null),
    attachments: z.array(z.never()).default([]),
    /** UUID that the file itself gives to the report. */
    fileId: z.string().max(200).nullable().default(null),
    /** What tells this report from the others of the same file; default: its index. */
    key: z.string().max(200).nullable().default(null),
    root: openStepSchema,
  }),
});

/** One step. Ids count from 1 within the report, in order; 0 is the root. */
const stepRecord = z.strictObject({
  ...common,
  kind: z.literal('step'),
  id: z.int().min(1),
  parent: index,
  step: openStepSchema,
});

/** More of what was begun: lists and texts go on at their end, single values are replaced. `step` null: of the report. */
const moreRecord = z.strictObject({
  ...common,
  kind: z.literal('more'),
  step: index.nullable(),
  outcome: z.enum(STEP_OUTCOMES).optional(),
  durationS: z.number().optional(),
  text: z.string().optional(),
  error: stepFields.error.unwrap().optional(),
  measurements: z.array(measurementSchema).optional(),
  /** `curve` null: of the shared x axis; else of `y[curve]`, its `values` or its own `x`. */
  values: z
    .strictObject({
      curve: index.nullable(),
      axis: z.enum(['values', 'x']).default('values'),
      numbers: z.array(z.number().nullable()),
    })
    .optional(),
  misc: z.array(miscSchema).optional(),
  assets: z.array(assetSchema).optional(),
  subUnits: z.array(subUnitSchema).optional(),
  failures: z.array(failureSchema.omit({ attachments: true })).optional(),
  warnings: z.array(z.string().max(1_000)).optional(),
});

/** Names an attachment whose bytes came right before, or that only has a `path`. */
const attachRecord = z.strictObject({
  ...common,
  kind: z.literal('attach'),
  /** Step it belongs to; null: the report, or `failure` when that is set. */
  step: index.nullable().default(null),
  failure: index.nullable().default(null),
  name: z.string().min(1),
  mediaType: z.string().max(100).default('application/octet-stream'),
  description: z.string().max(500).nullable().default(null),
  path: z.string().max(8_192).nullable().default(null),
});

/** Closes report `r`. What is set here wins over the start. */
const finishRecord = z.strictObject({
  ...common,
  kind: z.literal('finish'),
  outcome: headFields.outcome.nullable().default(null),
  startedAt: headFields.startedAt.optional(),
  durationS: headFields.durationS.unwrap().optional(),
  error: headFields.error.unwrap().optional(),
  comment: headFields.comment.unwrap().optional(),
});

/** Any record. */
export const recordSchema = z.discriminatedUnion('kind', [
  startRecord,
  stepRecord,
  moreRecord,
  attachRecord,
  finishRecord,
]);

/** A record, checked, with every default filled in. */
export type ReportRecord = z.output<typeof recordSchema>;
/** A record of one kind. */
export type RecordOf<Kind extends ReportRecord['kind']> = Extract<ReportRecord, { kind: Kind }>;
/** A record as the guest writes it. */
export type ReportRecordInput = z.input<typeof recordSchema>;
/** A step whose outcome may still be open. */
export type OpenStep = z.output<typeof openStepSchema>;
