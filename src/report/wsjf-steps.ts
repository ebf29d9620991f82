// The tree of steps as WSJF writes it, one by one.

import type { Attachment, Measurement, Step } from './schema.ts';
import { Refusal } from './refusal.ts';
import { readAs, walk } from './tree.ts';
import { chooseStepType, writeChart, writeMeasurements } from './wsjf-measurements.ts';
import { type WsjfStep, wsjfStepSchema } from './wsjf-schema.ts';
import { compact, extraAt, type Extra, fit, GROUP, type Notes, pickExtra, STATUS } from './wsjf-words.ts';

/** What writing needs beside the steps. */
export type StepWriting = Notes & {
  /** The attachment as WSJF writes it, or null (with a warning) where its bytes are not here. */
  readonly writeAttachment: (attachment: Attachment, path: string) => Extra | null;
  /** Takes what a step has no room for: it holds one attachment. */
  readonly addBinary: (attachment: Extra) => void;
};

const KEPT = [
  'id',
  'tsGuid',
  'errorCodeFormat',
  'causedSeqFailure',
  'caller',
  'module',
  'messagePopup',
  'callExe',
  'additionalResults',
];
const SERVER_NAME = 100;

type Noted = StepWriting & { readonly path: string };

function isMixed(measurements: readonly Measurement[]): boolean {
  return measurements.some(({ kind }) => kind !== measurements[0]?.kind);
}

/** Where measurements cannot stay at a step, because it has children or several kinds of them, they become its first children. */
function splitMeasured(step: Step): readonly Step[] {
  const kinds = [...new Set(step.measurements.map(({ kind }) => kind))];
  return kinds.map((kind) => ({
    ...step,
    id: null,
    kind,
    nativeType: null,
    text: null,
    error: null,
    loop: null,
    attachments: [],
    extensions: {},
    measurements: step.measurements.filter((measurement) => measurement.kind === kind),
    series: kind === 'numeric' ? step.series : null,
    steps: [],
  }));
}

function textOf(step: Step): string | null {
  if (step.name.length <= SERVER_NAME) return step.text;
  return step.text === null ? step.name : `${step.name}\n${step.text}`;
}

function seqCallOf(step: Step, extra: Extra, notes: Noted): Extra {
  const kept = extraAt(extra, 'seqCall');
  const words = (key: string, fallback: string, longest: number): string => {
    const value = kept[key];
    const text = typeof value === 'string' ? value : fallback;
    return fit(text, longest, { ...notes, path: `${notes.path}.extensions.wsjf.seqCall.${key}` });
  };
  return { path: words('path', '-', 500), name: words('name', step.name, 200), version: words('version', '-', 30) };
}

function loopOf({ loop }: Step, extra: Extra): Extra | null {
  if (loop === null) return null;
  const kept = pickExtra(extraAt(extra, 'loop'), ['parent', 'endingIndex']);
  return { ...compact({ n: loop.count, passed: loop.passed, failed: loop.failed }), ...kept, i: loop.index };
}

function attachmentOf(step: Step, { writeAttachment, addBinary, path }: Noted): Extra | null {
  const written = step.attachments
    .map((attachment) => writeAttachment(attachment, path))
    .filter((attachment) => attachment !== null);
  for (const extra of written.slice(1)) addBinary(extra);
  return written[0] ?? null;
}

function commonOf(step: Step, extra: Extra, notes: Noted): Extra {
  return {
    id: step.id,
    group: GROUP[step.group],
    name: fit(step.name, SERVER_NAME, { ...notes, path: `${notes.path}.name` }),
    status: STATUS[step.outcome],
    start: step.startedAt,
    totTime: step.durationS,
    errorCode: step.error?.code,
    errorMessage: step.error?.message,
    reportText: textOf(step),
    causedUUTFailure: step.causedFailure ? true : null,
    loop: loopOf(step, extra),
    ...pickExtra(extra, KEPT),
  };
}

/** How a step is written: under which type, with which measurements, and whether it calls a sequence. */
type Plan = {
  readonly stepType: string;
  readonly measurements: readonly Measurement[];
  readonly series: Step['series'];
  readonly isSequence: boolean;
  /** Steps that take the measurements, before the step's own children. */
  readonly first: readonly Step[];
};

function planStep(step: Step, extra: Extra, notes: Noted): Plan {
  const { measurements, series, kind } = step;
  const hasChildren = step.steps.length > 0;
  if (typeof extra['stepType'] === 'string') {
    const isSequence = kind === 'sequence' || Object.hasOwn(extra, 'seqCall');
    const stepType = fit(extra['stepType'], SERVER_NAME, { ...notes, path: `${notes.path}.extensions.wsjf.stepType` });
    return { stepType, measurements, series, isSequence, first: [] };
  }
  if (measurements.length > 0 && (hasChildren || isMixed(measurements))) {
    return { stepType: 'SequenceCall', measurements: [], series: null, isSequence: true, first: splitMeasured(step) };
  }
  // Children are only kept below a sequence, or where the file itself had them.
  const isSequence = kind === 'sequence' || (hasChildren && kind !== 'other');
  const own = isSequence ? ({ ...step, kind: 'sequence' } as const) : step;
  const stepType = fit(chooseStepType(own, measurements), SERVER_NAME, { ...notes, path: `${notes.path}.nativeType` });
  return { stepType, measurements, series, isSequence: isSequence || Object.hasOwn(extra, 'seqCall'), first: [] };
}

function writeStep(step: Step, notes: Noted): WsjfStep {
  const extra = extraAt(step.extensions, 'wsjf');
  const { stepType, measurements, series, isSequence, first } = planStep(step, extra, notes);
  const fields = {
    stepType,
    ...commonOf(step, extra, notes),
    ...writeMeasurements(measurements, extra, notes),
    chart: series === null ? null : writeChart(series, extra, notes),
    attachment: attachmentOf(step, notes),
    seqCall: isSequence ? seqCallOf(step, extra, notes) : null,
  };
  const out: WsjfStep = readAs(wsjfStepSchema, compact(fields), notes.path);
  if (isSequence || step.steps.length > 0) out.steps = first.map((part) => writeStep(part, notes));
  return out;
}

/**
 * Write a tree of steps.
 *
 * @param root - The report's root.
 * @param writing - Where warnings and spare attachments go.
 * @throws {Refusal} naming the path of a step that the server would not take.
 */
export function writeSteps(root: Step, writing: StepWriting): WsjfStep {
  const written = new Map<Step, WsjfStep>();
  for (const { step, path } of walk(root)) {
    written.set(step, writeStep(step, { ...writing, path }));
  }
  for (const { step } of walk(root)) {
    const list = written.get(step)?.steps;
    for (const child of step.steps) {
      const out = written.get(child);
      if (out !== undefined) list?.push(out);
    }
  }
  const out = written.get(root);
  if (out === undefined) throw new Refusal('root: is missing');
  return out;
}
