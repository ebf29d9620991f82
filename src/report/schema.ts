// The canonical report `airlock.report/1`: its zod schema, and the types that follow from it. Source: report.md 1 and 3.

import { z } from 'zod';
import { COMPARISON_NAMES, OUTCOMES, STEP_KINDS, STEP_OUTCOMES } from './rules.ts';

/** Value of `schema` in every canonical report. */
export const REPORT_SCHEMA = 'airlock.report/1';

/** Longest name of a step, in UTF-16 units; what else is short is at most this long too. */
const LONGEST_NAME = 8_192;

const text = z.string().max(LONGEST_NAME);
const name = text.min(1);
const freeText = z.string();
const optional = <Schema extends z.ZodType>(schema: Schema) => schema.nullable().default(null);
const time = z.iso.datetime({ offset: true, error: 'must be a date and time with offset, as RFC 3339 writes it' });
const count = z.int().min(0);
/** Trust: what is checked here came out of JSON.parse, so any value is JSON. */
const extensions = z.record(z.string().max(100), z.unknown());

const stepOutcome = z.enum(STEP_OUTCOMES);

/** A limit: JSON has no number for these three, so they are words. */
const limitNumber = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);

const limitsSchema = z.strictObject({
  op: z.enum(COMPARISON_NAMES),
  low: optional(limitNumber),
  high: optional(limitNumber),
  target: optional(z.union([z.number(), freeText])),
});

const measured = <Kind extends string, Value extends z.ZodType>(kind: Kind, value: Value) =>
  z.strictObject({
    name: optional(text),
    kind: z.literal(kind),
    value: optional(value),
    valueText: optional(freeText),
    unit: optional(text),
    limits: optional(limitsSchema),
    outcome: stepOutcome,
  });

/** One measurement of a step. */
export const measurementSchema = z.discriminatedUnion('kind', [
  measured('numeric', z.number()),
  measured('text', freeText),
  measured('boolean', z.boolean()),
]);

/** Null stands for a value that is no number. */
const seriesValues = z.array(z.number().nullable());
const axis = { name: optional(text), unit: optional(text), values: seriesValues };

/** A chart: one x axis; a curve with x values of its own carries them in `x`. */
const seriesSchema = z.strictObject({
  x: z.strictObject(axis),
  y: z.array(z.strictObject({ ...axis, x: optional(seriesValues) })),
});

/** An attachment: kept beside the report under its hash, or only named by a `path` that nobody opens. */
const attachmentSchema = z.strictObject({
  name: z.string().min(1).max(256),
  mediaType: z.string().max(100).default('application/octet-stream'),
  description: optional(z.string().max(500)),
  bytes: optional(count),
  sha256: optional(z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits')),
  path: optional(text),
});

const errorSchema = z.strictObject({
  code: optional(z.union([z.number(), text])),
  message: optional(freeText),
});

/** Fields of a step but for its children and its attachments. */
export const stepFields = {
  id: optional(z.int()),
  name,
  kind: z.enum(STEP_KINDS),
  nativeType: optional(text),
  group: z.enum(['setup', 'main', 'cleanup']).default('main'),
  outcome: stepOutcome,
  startedAt: optional(time),
  durationS: optional(z.number()),
  text: optional(freeText),
  error: optional(errorSchema),
  causedFailure: z.boolean().default(false),
  loop: optional(
    z.strictObject({
      index: optional(z.int()),
      count: optional(z.int()),
      passed: optional(z.int()),
      failed: optional(z.int()),
    }),
  ),
  measurements: z.array(measurementSchema).default([]),
  series: optional(seriesSchema),
  retry: optional(z.strictObject({ attempt: z.int().min(1), of: optional(z.int().min(1)) })),
  nativeOutcome: optional(text),
  extensions: extensions.default({}),
};

/** A step without its children: what is checked at each node of the tree, so that a deep report cannot exhaust the stack. */
export const flatStepSchema = z.strictObject({ ...stepFields, attachments: z.array(attachmentSchema).default([]) });

/** One sub-unit; in a repair, index 0 is the unit itself. */
export const subUnitSchema = z.strictObject({
  index: optional(z.int()),
  parent: optional(z.int()),
  type: optional(text),
  partNumber: optional(text),
  serialNumber: optional(text),
  revision: optional(text),
});

/** A note with a name. */
export const miscSchema = z.strictObject({ name, text: optional(freeText), number: optional(z.number()) });

/** Equipment that was used. */
export const assetSchema = z.strictObject({ serialNumber: name, type: optional(text), usage: optional(z.int()) });

/** One failure that a repair found. */
export const failureSchema = z.strictObject({
  category: optional(text),
  code: optional(text),
  componentRef: optional(text),
  functionBlock: optional(text),
  refStepId: optional(z.int()),
  subUnit: count.default(0),
  article: optional(
    z.strictObject({
      number: optional(text),
      revision: optional(text),
      vendor: optional(text),
      description: optional(text),
    }),
  ),
  comment: optional(freeText),
  attachments: z.array(attachmentSchema).default([]),
});

const processSchema = z.strictObject({ code: z.int().nullable(), name: optional(text) });

/** What a repair report says beyond a test report. */
const repairSchema = z.strictObject({
  refReport: optional(z.guid().toLowerCase()),
  testProcess: optional(processSchema),
  confirmedAt: optional(time),
  finalizedAt: optional(time),
  failures: z.array(failureSchema).default([]),
});

/** What was tested or repaired. */
const unitSchema = z.strictObject({
  partNumber: text.nullable(),
  serialNumber: text.nullable(),
  revision: text.nullable(),
  batch: optional(text),
  subUnits: z.array(subUnitSchema).default([]),
});

/** Where it was tested. */
const stationSchema = z.strictObject({
  name: optional(text),
  location: optional(text),
  purpose: optional(text),
  fixture: optional(text),
  socket: optional(z.union([z.int(), text])),
});

/** Fields of a report but for `schema`, `id`, `root` and `source`. */
export const headFields = {
  kind: z.enum(['test', 'repair']),
  outcome: z.enum(OUTCOMES),
  unit: unitSchema,
  process: processSchema,
  station: stationSchema,
  operator: optional(text),
  comment: optional(freeText),
  startedAt: time.nullable(),
  durationS: optional(z.number()),
  error: errorSchema.prefault({}),
  misc: z.array(miscSchema).default([]),
  assets: z.array(assetSchema).default([]),
  repair: optional(repairSchema),
  attachments: z.array(attachmentSchema).default([]),
  extensions: extensions.default({}),
};

/** Where a report came from; written by the daemon alone. */
const sourceSchema = z.strictObject({
  format: text,
  file: freeText,
  bytes: count,
  sha256: text,
  encoding: text.nullable(),
  converter: z.strictObject({ name: text, version: text, sha256: text }).nullable(),
  submittedBy: text,
  receivedAt: time,
  host: text,
  warnings: z.array(freeText),
});

/** A step with its children. */
export type Step = z.output<typeof flatStepSchema> & { readonly steps: readonly Step[] };
/** A step as a file may write it: what has a default may be missing. */
export type StepInput = z.input<typeof flatStepSchema> & { readonly steps?: readonly StepInput[] | undefined };

/** A step and all below it. For documents and generated JSON Schema; what comes from outside is read by tree.ts. */
const stepSchema: z.ZodType<Step, StepInput> = z.strictObject({
  ...flatStepSchema.shape,
  steps: z.lazy(() => z.array(stepSchema)).default([]),
});

/** A canonical report as it is stored and delivered. What comes from outside is read by canonical-file.ts and assemble.ts. */
export const reportSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  id: z.guid(),
  ...headFields,
  root: stepSchema,
  source: sourceSchema,
});

/** One report, every default filled in. */
export type CanonicalReport = z.output<typeof reportSchema>;
/** One measurement, every default filled in. */
export type Measurement = z.output<typeof measurementSchema>;
/** Comparison of a measurement. */
export type MeasurementLimits = z.output<typeof limitsSchema>;
/** A chart. */
export type Series = z.output<typeof seriesSchema>;
/** An attachment's description; its bytes are elsewhere. */
export type Attachment = z.output<typeof attachmentSchema>;
/** A step without its children. */
export type FlatStep = z.output<typeof flatStepSchema>;
/** Where a report came from. */
export type ReportSource = z.output<typeof sourceSchema>;
