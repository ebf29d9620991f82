// One step: from what an author writes to the record that leaves the guest.

import { type Outcome, rollUp, STEP_KINDS, STEP_OUTCOMES, type StepKind } from '../report/rules.ts';
import type { Measurement } from '../report/schema.ts';
import type { OpenStep } from '../report/records.ts';
import {
  type Check,
  choice,
  either,
  type Fields,
  flag,
  inside,
  integer,
  json,
  list,
  number,
  refuse,
  shape,
  type Taken,
  take,
  text,
  type What,
} from './check.ts';
import { takeAttachment, type TakenAttachment } from './take-attachment.ts';
import { completeMeasurement, takeMeasurement, VALUE_FIELDS } from './take-measurement.ts';

const short = text(8_192);
const curveNumbers = list((value, what, key) => (value === null ? null : number(value, what, key)));
const CURVE: Fields = { name: short, unit: short, values: curveNumbers, x: curveNumbers };

const takeCurve: Check = (value, holder, key) => {
  const what = inside(holder, key);
  const { name = null, unit = null, values, ...own } = take(value, CURVE, what);
  return { name, unit, values: values ?? refuse(what, 'it needs "values"'), ...own };
};

const takeSeries: Check = (value, holder, key) => {
  const what = inside(holder, key);
  const { x, y } = take(value, { x: takeCurve, y: list(takeCurve) }, what);
  return { x: x ?? refuse(what, 'it needs "x"'), y: y ?? [] };
};

/** Code and message of a failure. */
export const ERROR_FIELDS: Fields = { code: either({ number, string: short }), message: text() };

const STEP_FIELDS: Fields = {
  ...VALUE_FIELDS,
  name: text(8_192, 1),
  kind: choice(STEP_KINDS),
  id: integer,
  nativeType: short,
  group: choice(['setup', 'main', 'cleanup']),
  outcome: choice(STEP_OUTCOMES),
  nativeOutcome: short,
  startedAt: text(40),
  durationS: number,
  text: text(),
  error: shape(ERROR_FIELDS),
  causedFailure: flag,
  loop: shape({ index: integer, count: integer, passed: integer, failed: integer }),
  retry: shape({ attempt: integer, of: integer }),
  measurements: list(takeMeasurement),
  series: takeSeries,
  attachments: list(takeAttachment),
  extensions: json,
};

/** A step as the guest writes it: what is left out has a default on the other side. */
export type StepRecordBody = Partial<Omit<OpenStep, 'name' | 'kind'>> & Pick<OpenStep, 'name' | 'kind'>;

/** A step taken apart: what goes into its record, and its attachments. */
export type TakenStep = { readonly step: StepRecordBody; readonly attachments: readonly TakenAttachment[] };

const SHORT_FORM = ['value', 'valueText', 'unit', 'op', 'low', 'high', 'target'] as const;

function isMeasured(taken: Taken): boolean {
  for (let index = 0; index < SHORT_FORM.length; index += 1) {
    if (taken[SHORT_FORM[index] ?? ''] !== undefined) return true;
  }
  return taken['kind'] === 'boolean' && taken['outcome'] !== undefined;
}

function measurementsOf(taken: Taken, what: What): readonly Measurement[] {
  const several = taken['measurements'] as readonly Measurement[] | undefined;
  if (several !== undefined) return several;
  return isMeasured(taken) ? [completeMeasurement(taken, { kind: taken['kind'], name: null }, what)] : [];
}

function kindOf(taken: Taken, measurements: readonly Measurement[], fallback: StepKind): StepKind {
  const given = taken['kind'] as StepKind | undefined;
  if (given !== undefined) return given;
  return fallback === 'sequence'
    ? fallback
    : (measurements[0]?.kind ?? (taken['series'] === undefined ? fallback : 'other'));
}

function outcomeOf(taken: Taken, measurements: readonly Measurement[], kind: StepKind): Outcome | null {
  const given = taken['outcome'] as Outcome | undefined;
  if (given !== undefined) return given;
  if (measurements.length > 0) return rollUp(measurements.map((measurement) => measurement.outcome));
  return kind === 'sequence' ? null : 'done';
}

const LEFT_OUT: ReadonlySet<string> = new Set([...SHORT_FORM, 'attachments', 'measurements', 'kind', 'outcome']);
const { keys } = Object;

/** Fields that the record carries as they are. */
function copyPlain(taken: Taken, step: Taken): void {
  const names = keys(taken);
  for (let index = 0; index < names.length; index += 1) {
    const key = names[index] ?? '';
    if (!LEFT_OUT.has(key)) step[key] = taken[key];
  }
}

/**
 * Check a step.
 *
 * @param value - What the author gave.
 * @param fallback - Kind of a step that says nothing about it: `sequence` for one with children, else `action`.
 * @throws {ReportError} naming the step and the field.
 */
export function takeStep(value: unknown, fallback: 'sequence' | 'action'): TakenStep {
  const taken = take(value, STEP_FIELDS, 'a step');
  const { name } = taken;
  if (typeof name !== 'string') return refuse('a step', `expected text, received ${typeof name}`, 'name');
  const measurements = measurementsOf(taken, () => `step "${name.slice(0, 100)}"`);
  const kind = kindOf(taken, measurements, fallback);
  const step: Taken = { name };
  copyPlain(taken, step);
  step['kind'] = kind;
  step['outcome'] = outcomeOf(taken, measurements, kind);
  if (measurements.length > 0) step['measurements'] = measurements;
  return { step: step as unknown as StepRecordBody, attachments: (taken['attachments'] as TakenAttachment[]) ?? [] };
}
