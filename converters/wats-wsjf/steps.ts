// Steps of a WSJF report: under any type, to any depth.

import {
  type AttachmentInput,
  decodeBase64,
  type ReportBuilder,
  type StepAdder,
  type StepInput,
} from 'airlock/converter';
import { readChart, type ReadMeasurements, readMeasurements } from './measurements.ts';
import {
  type Fields,
  readInteger,
  readList,
  readNumber,
  readObject,
  readShort,
  readText,
  type Rest,
  restOf,
  toExtension,
} from './read.ts';
import { readGroup, readStatus, type TimeReader } from './words.ts';

type Kind = NonNullable<StepInput['kind']>;

/** Types that the model has a kind for. `count`: how many measurements such a step has. */
const TYPES: Readonly<Record<string, { readonly kind: Kind; readonly count: 'none' | 'one' | 'several' }>> = {
  SequenceCall: { kind: 'sequence', count: 'none' },
  WATS_SeqCall: { kind: 'sequence', count: 'none' },
  NumericLimitTest: { kind: 'numeric', count: 'one' },
  ET_NLT: { kind: 'numeric', count: 'one' },
  MultiNumericLimitTest: { kind: 'numeric', count: 'several' },
  ET_MNLT: { kind: 'numeric', count: 'several' },
  PassFailTest: { kind: 'boolean', count: 'one' },
  ET_PFT: { kind: 'boolean', count: 'one' },
  MultiBooleanTest: { kind: 'boolean', count: 'several' },
  ET_MPFT: { kind: 'boolean', count: 'several' },
  StringValueTest: { kind: 'text', count: 'one' },
  ET_SVT: { kind: 'text', count: 'one' },
  MultiStringTest: { kind: 'text', count: 'several' },
  ET_MSVT: { kind: 'text', count: 'several' },
  Action: { kind: 'action', count: 'none' },
  ET_A: { kind: 'action', count: 'none' },
  MessagePopup: { kind: 'message', count: 'none' },
  CallExecutable: { kind: 'external', count: 'none' },
};

const USED = [
  'name',
  'group',
  'stepType',
  'status',
  'errorCode',
  'errorMessage',
  'reportText',
  'totTime',
  'causedUUTFailure',
  'loop',
  'numericMeas',
  'booleanMeas',
  'stringMeas',
  'chart',
  'attachment',
  'steps',
];

/** What reading steps needs. */
export type StepReading = {
  readonly readTime: TimeReader;
  readonly warn: (warning: string) => void;
};

/** Can the type be told from kind and measurements alone? If not, it is kept beside the step. */
function isPlain(step: Fields, type: string, { kinds, measurements }: ReadMeasurements): boolean {
  const known = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (Object.keys(readObject(step['chart'])).length > 0) return false;
  if (known === undefined || known.count === 'none') return measurements.length === 0;
  if (readList(step['steps']).length > 0 || kinds.length !== 1 || kinds[0] !== known.kind) return false;
  return known.count === 'several' || measurements.length === 1;
}

function readError(step: Fields): StepInput['error'] {
  const { errorCode } = step;
  const code = typeof errorCode === 'number' && Number.isFinite(errorCode) ? errorCode : readShort(errorCode);
  const message = readText(step['errorMessage']);
  return code === null && message === null ? null : { code, message };
}

function readLoop(step: Fields): { readonly loop: StepInput['loop']; readonly rest: Rest } {
  const loop = readObject(step['loop']);
  if (Object.keys(loop).length === 0) return { loop: null, rest: {} };
  return {
    loop: {
      index: readInteger(loop['i'] ?? loop['idx']),
      count: readInteger(loop['n'] ?? loop['num']),
      passed: readInteger(loop['passed']),
      failed: readInteger(loop['failed']),
    },
    rest: restOf(loop, ['i', 'idx', 'n', 'num', 'passed', 'failed']),
  };
}

/**
 * An attachment with its bytes; none where there are no bytes.
 *
 * @param value - `attachment` of a step, or one of `binaryData`.
 * @param warn - Told when its bytes cannot be read.
 */
export function readAttachments(value: unknown, warn: (warning: string) => void): readonly AttachmentInput[] {
  const attachment = readObject(value);
  const data = attachment['data'];
  if (typeof data !== 'string') return [];
  const name = (readText(attachment['name']) ?? 'attachment').slice(0, 256);
  const bytes = decodeBase64(data);
  if (bytes === null) {
    warn(`attachment "${name.slice(0, 100)}": left out, its data is no base64`);
    return [];
  }
  const mediaType = readShort(attachment['contentType'], 100);
  return [{ name, mediaType, description: readShort(attachment['description'], 500), bytes }];
}

/** Parts that the model has no place for; also an id or a time that is not as the model wants it. */
function readExtension(step: Fields, parts: Rest, reading: StepReading): { wsjf: Rest } | null {
  const unread = {
    ...step,
    id: readInteger(step['id']) === null ? step['id'] : null,
    start: reading.readTime(step['start']) === null ? step['start'] : null,
  };
  return toExtension({ ...restOf(unread, USED), ...parts }, reading.warn);
}

function kindOf(type: string, { kinds }: ReadMeasurements): Kind {
  return (Object.hasOwn(TYPES, type) ? TYPES[type]?.kind : undefined) ?? kinds[0] ?? 'other';
}

function readCommon(step: Fields, type: string, { readTime }: StepReading): StepInput {
  return {
    name: readShort(step['name']) ?? type,
    id: readInteger(step['id']),
    nativeType: type,
    group: readGroup(step['group']),
    outcome: readStatus(step['status']),
    startedAt: readTime(step['start']),
    durationS: readNumber(step['totTime']),
    text: readText(step['reportText']),
    error: readError(step),
    causedFailure: step['causedUUTFailure'] === true,
  };
}

/** A step, and its children as the file has them. */
type ReadStep = { readonly input: StepInput; readonly children: readonly Fields[] };

/**
 * One step without its children.
 *
 * @param step - The step of the file.
 * @param reading - Readers.
 */
export function readStep(step: Fields, reading: StepReading): ReadStep {
  const type = readShort(step['stepType']) ?? 'GenericTest';
  const measured = readMeasurements(step);
  const chart = readChart(step['chart']);
  const { loop, rest } = readLoop(step);
  const stepType = isPlain(step, type, measured) ? {} : { stepType: type };
  const parts: Rest = { loop: rest, measurements: measured.rest, chart: chart?.rest ?? {}, ...stepType };
  const input: StepInput = {
    ...readCommon(step, type, reading),
    kind: kindOf(type, measured),
    loop,
    measurements: measured.measurements,
    series: chart?.series ?? null,
    attachments: readAttachments(step['attachment'], reading.warn),
    extensions: readExtension(step, parts, reading),
  };
  return { input, children: readList(step['steps']) };
}

type Frame = { readonly adder: StepAdder; readonly steps: readonly Fields[]; next: number };

/**
 * Add steps and all below them. Iterates: a file may be as deep as it likes.
 *
 * @param report - Takes the steps.
 * @param steps - Children of the root.
 * @param reading - Readers.
 */
export function addSteps(report: ReportBuilder, steps: readonly Fields[], reading: StepReading): void {
  const frames: Frame[] = [{ adder: report, steps, next: 0 }];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const step = frame.steps[frame.next];
    frame.next += 1;
    if (step === undefined) {
      frames.pop();
      continue;
    }
    const { input, children } = readStep(step, reading);
    if (children.length === 0) frame.adder.step(input);
    else frames.push({ adder: frame.adder.sequence(input), steps: children, next: 0 });
  }
}
