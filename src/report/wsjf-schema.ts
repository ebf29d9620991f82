// What the reference server takes, strictly: checked before anything is sent. Source: wsjf.md 3.

import { z } from 'zod';

const text = (longest: number, shortest = 0) => z.string().min(shortest).max(longest);
const integer = z.int();
const time = z.iso.datetime({ offset: true });
/** NaN and infinities are written as words. */
const number = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);
/** Values and limits may be words as the tester wrote them. */
const numberOrText = z.union([z.number(), z.string()]);
const code = z.union([z.number(), z.string()]);
const status = z.enum(['P', 'F', 'D', 'E', 'T', 'S']);

/** Characters that the server uses as wildcards and separators. Source: wsjf.md 3.2. */
const identity = text(100, 1).refine(
  (value) => value.startsWith('SUPPRESS:') || !/[*%?[\]^!/\\]/.test(value),
  'must not contain any of * % ? [ ] ^ ! / \\ unless it begins with "SUPPRESS:"',
);

const numericMeas = z.strictObject({
  status,
  name: text(100).optional(),
  value: numberOrText,
  unit: z.string().optional(),
  compOp: text(10, 1),
  lowLimit: numberOrText.optional(),
  highLimit: numberOrText.optional(),
  valueFormat: z.string().optional(),
  lowLimitFormat: z.string().optional(),
  highLimitFormat: z.string().optional(),
});

const additionalData = z.array(z.looseObject({ name: text(200, 1) }));

const chart = z.strictObject({
  chartType: z.enum(['Line', 'LineLogXY', 'LineLogX', 'LineLogY']),
  label: text(100),
  xLabel: text(100),
  yLabel: text(100),
  xUnit: text(50).optional(),
  yUnit: text(50).optional(),
  series: z.array(
    z.strictObject({ dataType: z.literal('XYG'), name: text(100, 1), xdata: z.string(), ydata: z.string() }),
  ),
});

const attachment = z.strictObject({
  name: text(256, 1),
  contentType: text(100, 1),
  data: z.string(),
  description: text(500).optional(),
});

/** A step without its children. */
export const wsjfStepSchema = z.strictObject({
  id: z.union([integer, z.string()]).optional(),
  group: z.enum(['S', 'M', 'C']),
  stepType: text(100, 1),
  name: text(100, 1),
  status,
  start: time.optional(),
  totTime: number.optional(),
  tsGuid: z.string().optional(),
  errorCode: code.optional(),
  errorCodeFormat: z.string().optional(),
  errorMessage: z.string().optional(),
  reportText: z.string().optional(),
  causedSeqFailure: z.boolean().optional(),
  causedUUTFailure: z.boolean().optional(),
  loop: z.record(z.string(), z.union([integer, z.null()])).optional(),
  seqCall: z.strictObject({ path: text(500), name: text(200), version: text(30) }).optional(),
  caller: z.unknown().optional(),
  module: z.unknown().optional(),
  messagePopup: z.looseObject({ response: text(100).nullable().optional() }).optional(),
  callExe: z.looseObject({ exitCode: number.optional() }).optional(),
  numericMeas: z.array(numericMeas).min(1).optional(),
  booleanMeas: z
    .array(z.strictObject({ status, name: text(100).optional(), value: z.boolean().optional() }))
    .min(1)
    .optional(),
  stringMeas: z
    .array(
      z.strictObject({
        status,
        name: text(100).optional(),
        value: z.string(),
        compOp: text(10, 1),
        limit: z.string().optional(),
      }),
    )
    .min(1)
    .optional(),
  chart: chart.optional(),
  attachment: attachment.optional(),
  additionalResults: additionalData.optional(),
});

const failure = z.strictObject({
  category: z.string(),
  code: z.string(),
  comment: z.string().optional(),
  comRef: z.string().optional(),
  funcBlock: z.string().optional(),
  refStepId: integer.optional(),
  artNumber: z.string().optional(),
  artRev: z.string().optional(),
  artVendor: z.string().optional(),
  artDescription: z.string().optional(),
});

const subUnit = z.strictObject({
  pn: text(100, 1),
  sn: text(100),
  rev: text(100).optional(),
  partType: text(50, 1),
  idx: integer.optional(),
  parentIdx: integer.optional(),
  position: integer.optional(),
  replacedIdx: integer.optional(),
  failures: z.array(failure).optional(),
});

const shared = {
  user: text(100),
  comment: text(5_000).optional(),
  execTime: number.optional(),
};

const uut = z.strictObject({
  ...shared,
  fixtureId: text(100).optional(),
  testSocketIndex: integer.optional(),
  testSocketIndexFormat: z.string().optional(),
  errorCode: integer.optional(),
  errorCodeFormat: z.string().optional(),
  errorMessage: z.string().optional(),
  batchSN: text(100).optional(),
  batchFailCount: integer.optional(),
  batchFailCountFormat: z.string().optional(),
  batchLoopIndex: integer.optional(),
  batchLoopIndexFormat: z.string().optional(),
  stepIdCausedUUTFailure: integer.optional(),
});

const uur = z.strictObject({
  ...shared,
  processCode: integer,
  processName: text(100).optional(),
  testOperationCode: integer.optional(),
  testOperationName: text(100).optional(),
  testOperationGuid: z.guid().optional(),
  refUUT: z.guid().optional(),
  confirmDate: time.optional(),
  finalizeDate: time.optional(),
  active: z.boolean().optional(),
  parent: z.guid().optional(),
});

/** A report without its steps. */
export const wsjfReportSchema = z.strictObject({
  id: z.guid(),
  type: z.enum(['T', 'R']),
  pn: identity,
  sn: identity,
  rev: text(100, 1),
  processCode: integer,
  result: z.enum(['P', 'F', 'D', 'E', 'T']),
  machineName: text(100, 1),
  location: text(100, 1),
  purpose: text(100, 1),
  start: time,
  uut: uut.optional(),
  uur: uur.optional(),
  subUnits: z.array(subUnit).optional(),
  miscInfos: z
    .array(
      z.strictObject({
        id: z.union([z.number(), z.string()]).optional(),
        description: text(100, 1),
        text: text(100).optional(),
        numeric: number.optional(),
      }),
    )
    .optional(),
  assets: z
    .array(
      z.strictObject({
        sn: text(100, 1),
        assetType: text(100).optional(),
        partNumber: text(100).optional(),
        usageCount: integer.optional(),
        calibrationDate: time.optional(),
        calibrationDue: time.optional(),
      }),
    )
    .optional(),
  binaryData: z.array(attachment).optional(),
  additionalData: additionalData.optional(),
});

/** A step as it is written. */
export type WsjfStep = z.input<typeof wsjfStepSchema> & { steps?: WsjfStep[] };
/** A report as it is written, but for its steps. */
export type WsjfHead = z.input<typeof wsjfReportSchema>;
