// One result as a step, and the steps below it.

import type { AttachmentInput, ReportBuilder, StepAdder, StepInput } from 'airlock/converter';
import { type Budget, limitSeries } from './attachments.ts';
import type { KeptLimits } from './limits.ts';
import { readMeasurements, readSeries } from './measurements.ts';
import { at, type Prop, textAt } from './props.ts';
import {
  type Decimal,
  flagAt,
  type Instant,
  integerAt,
  later,
  numberAt,
  type Outcome,
  readStatus,
  toInstant,
} from './words.ts';

/** A result that was read: all but its time, which needs the root's. */
export type ReadStep = {
  readonly input: StepInput;
  readonly outcome: Outcome;
  /** Seconds since the engine started. */
  readonly startS: number | null;
  readonly children: readonly ReadStep[];
};

/** What reading results needs. */
export type StepReading = {
  readonly decimal: Decimal;
  readonly warn: (warning: string) => void;
  /** What the report still has room for. */
  readonly budget: Budget;
};

type Kind = NonNullable<StepInput['kind']>;

const KINDS: Readonly<Record<string, Kind>> = {
  SequenceCall: 'sequence',
  PassFailTest: 'boolean',
  ET_PFT: 'boolean',
  ET_MPFT: 'boolean',
  NumericLimitTest: 'numeric',
  NI_MultipleNumericLimitTest: 'numeric',
  ET_NLT: 'numeric',
  ET_MNLT: 'numeric',
  StringValueTest: 'text',
  ET_SVT: 'text',
  ET_MSVT: 'text',
  Action: 'action',
  ET_A: 'action',
  MessagePopup: 'message',
  CallExecutable: 'external',
};

/** Below a result, in the step already. */
const USED: readonly string[] = ['Status', 'Error', 'ReportText', 'Units', 'Comp', 'Limits', 'RawLimits'];
const USED_VALUES: readonly string[] = ['Numeric', 'String', 'PassFail', 'Measurement', 'XMLString'];
const USED_TS: readonly string[] = ['StepName', 'StepType', 'StepGroup', 'Id', 'TotalTime', 'StartTime'];
const USED_LOOP: readonly string[] = ['NumLoops', 'NumPassed', 'NumFailed', 'LoopIndex', 'StepCausedSequenceFailure'];
/** Longest JSON of what is kept beside a step; a record of a report holds 64 KiB. */
const LONGEST_KEPT = 12_000;
const LONGEST_NAME = 8_192;
const LONGEST_MESSAGE = 10_000;

function readError(result: Prop): StepInput['error'] {
  const code = integerAt(result, 'Error', 'Code');
  const message = textAt(result, 'Error', 'Msg')?.slice(0, LONGEST_MESSAGE) ?? null;
  const hasOccurred = flagAt(result, 'Error', 'Occurred') === true || message !== null || (code ?? 0) !== 0;
  return hasOccurred ? { code, message } : null;
}

function readLoop(ts: Prop | undefined): StepInput['loop'] {
  const loop = {
    index: integerAt(ts, 'LoopIndex'),
    count: integerAt(ts, 'NumLoops'),
    passed: integerAt(ts, 'NumPassed'),
    failed: integerAt(ts, 'NumFailed'),
  };
  return Object.values(loop).every((value) => value === null) ? null : loop;
}

function readAttachments(result: Prop): readonly AttachmentInput[] {
  const file = at(result, 'AttachedFileData');
  const path = textAt(file, 'FullFileName');
  const name = textAt(file, 'FileName') ?? path?.split(/[\\/]/).at(-1);
  const xmlText = textAt(result, 'XMLString');
  return [
    ...(path === null || name === undefined || name === ''
      ? []
      : [{ name: name.slice(0, 256), mediaType: textAt(file, 'MIMEtype')?.slice(0, 100), path: path.slice(0, 8_192) }]),
    ...(xmlText === null ? [] : [{ name: 'stepdata.xml', mediaType: 'text/xml', text: xmlText }]),
  ];
}

type Flat = Record<string, string>;

/** Every value below a property, by its path. */
function flatten(prop: Prop, path: string, into: Flat): void {
  for (const child of prop.props) {
    if (child.result !== null) continue;
    const own = child.name.startsWith('[') || path === '' ? `${path}${child.name}` : `${path}.${child.name}`;
    if (child.value.trim() !== '') into[own] = child.value;
    flatten(child, own, into);
  }
}

function keepRest(result: Prop, used: readonly string[], limits: readonly KeptLimits[]): Flat {
  const kept: Flat = {};
  const others = result.props.filter(({ name }) => name !== 'TS' && !used.includes(name));
  for (const { path, props } of limits) flatten({ ...result, props: [...props] }, path, kept);
  flatten({ ...result, props: others }, '', kept);
  for (const name of ['ChartLabel', 'ChartType']) {
    const written = textAt(result, 'Chart', name);
    if (written !== null) kept[`Chart.${name}`] = written;
  }
  const ts = at(result, 'TS');
  const left = (ts?.props ?? []).filter(({ name }) => ![...USED_TS, ...USED_LOOP, 'SequenceCall'].includes(name));
  if (ts !== undefined) flatten({ ...ts, props: left }, 'TS', kept);
  return kept;
}

/** The sequence that was called, as WSJF has it. */
function readCall(result: Prop): { path: string; name: string; version: string } | null {
  const call = at(result, 'TS', 'SequenceCall');
  if (call === undefined) return null;
  return {
    path: textAt(call, 'SequenceFile') ?? '',
    name: textAt(call, 'Sequence') ?? '',
    version: textAt(call, 'SequenceFileVersion') ?? '',
  };
}

type Json = NonNullable<StepInput['extensions']>[string];

/** What WSJF has a field for and the report has none. */
function readWsjf(result: Prop): Readonly<Record<string, Json>> {
  const call = readCall(result);
  const button = integerAt(result, 'ButtonHit');
  const exitCode = integerAt(result, 'ExitCode');
  return {
    ...(call === null ? {} : { seqCall: call }),
    ...(button === null ? {} : { messagePopup: { response: textAt(result, 'Response')?.slice(0, 100) ?? '', button } }),
    ...(exitCode === null ? {} : { callExe: { exitCode } }),
  };
}

function readExtensions(
  result: Prop,
  { used, limits }: { readonly used: readonly string[]; readonly limits: readonly KeptLimits[] },
  { warn }: StepReading,
): StepInput['extensions'] {
  for (const { warning } of limits) if (warning !== null) warn(warning);
  const kept = keepRest(result, used, limits);
  const wsjf = readWsjf(result);
  const isShort = JSON.stringify(kept).length <= LONGEST_KEPT;
  if (!isShort) warn(`extensions: properties of over ${LONGEST_KEPT} characters of a step are left out`);
  return {
    ...(Object.keys(wsjf).length === 0 ? {} : { wsjf }),
    ...(isShort && Object.keys(kept).length > 0 ? { teststand: kept } : {}),
  };
}

function isStep(value: unknown): value is ReadStep {
  return typeof value === 'object' && value !== null && 'children' in value;
}

function childrenOf(list: Prop | undefined): readonly ReadStep[] {
  return (list?.props ?? []).flatMap((value) => value.props.map(({ result }) => result)).filter(isStep);
}

function groupOf(ts: Prop | undefined): NonNullable<StepInput['group']> {
  const group = textAt(ts, 'StepGroup')?.trim().toLowerCase();
  return group === 'setup' || group === 'cleanup' ? group : 'main';
}

type Measured = Pick<StepInput, 'measurements' | 'series'>;

function kindOf(type: string, { measurements }: Measured, hasCall: boolean): Kind {
  const known = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  return known ?? (hasCall ? 'sequence' : (measurements?.[0]?.kind ?? 'other'));
}

/**
 * One result.
 *
 * @param result - A `TEResult` that ended; the results below it are read already.
 * @param reading - See {@link StepReading}.
 */
export function readStep(result: Prop, reading: StepReading): ReadStep {
  const ts = at(result, 'TS');
  const { outcome, word } = readStatus(textAt(result, 'Status') ?? textAt(ts, 'SequenceCall', 'Status'));
  const curves = readSeries(result, reading.decimal);
  const { measurements, kept: limits } = readMeasurements(result, { decimal: reading.decimal, outcome });
  const type = textAt(ts, 'StepType')?.slice(0, LONGEST_NAME) ?? 'Unknown';
  const call = at(ts, 'SequenceCall');
  const used = [...USED, ...USED_VALUES, ...curves.used, 'AttachedFileData'];
  const name = (textAt(ts, 'StepName') ?? textAt(call, 'Sequence') ?? type).slice(0, LONGEST_NAME);
  const { series, attachments } = limitSeries(curves.series, name, reading.warn);
  const input: StepInput = {
    name,
    kind: kindOf(type, { measurements }, call !== undefined),
    id: integerAt(ts, 'Id'),
    nativeType: type,
    group: groupOf(ts),
    outcome,
    nativeOutcome: word?.slice(0, LONGEST_NAME) ?? null,
    durationS: numberAt(ts, reading.decimal, 'TotalTime'),
    text: textAt(result, 'ReportText'),
    error: readError(result),
    causedFailure: flagAt(ts, 'StepCausedSequenceFailure') ?? flagAt(result, 'StepCausedSequenceFailure'),
    loop: readLoop(ts),
    measurements,
    series,
    attachments: [...readAttachments(result), ...attachments].filter((attachment) => reading.budget.take(attachment)),
    extensions: readExtensions(result, { used, limits }, reading),
  };
  const children = [...childrenOf(at(call, 'ResultList')), ...childrenOf(at(ts, 'PostAction', 'ResultList'))];
  return { input, outcome, startS: numberAt(ts, reading.decimal, 'StartTime'), children };
}

/** When the run began, and the engine's clock then. */
export type Origin = { readonly instant: Instant; readonly startS: number };

/** The origin of a run; null where the file does not say when it began. */
export function makeOrigin(startedAt: string | null, { startS }: ReadStep): Origin | null {
  return startedAt === null || startS === null ? null : { instant: toInstant(startedAt), startS };
}

/** A step with its time. */
export function withTime({ input, startS }: ReadStep, origin: Origin | null): StepInput {
  const startedAt = origin === null || startS === null ? null : later(origin.instant, startS - origin.startS);
  return { ...input, startedAt };
}

type Frame = { readonly adder: StepAdder; readonly steps: readonly ReadStep[]; next: number };

/**
 * Add steps and all below them. Iterates: a file may be as deep as XML may.
 *
 * @param report - Takes the steps.
 * @param steps - Children of the root.
 * @param origin - Null: the file does not say when it began.
 */
export function addSteps(report: ReportBuilder, steps: readonly ReadStep[], origin: Origin | null): void {
  const frames: Frame[] = [{ adder: report, steps, next: 0 }];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const step = frame.steps[frame.next];
    frame.next += 1;
    if (step === undefined) {
      frames.pop();
      continue;
    }
    const input = withTime(step, origin);
    if (step.children.length === 0) frame.adder.step(input);
    else frames.push({ adder: frame.adder.sequence(input), steps: step.children, next: 0 });
  }
}
