// Measurements, charts and step types as WSJF writes them.

import { COMPARISONS } from './rules.ts';
import type { Measurement, MeasurementLimits, Series, Step } from './schema.ts';
import { compact, extraAt, type Extra, fit, type Notes, pickExtra, STATUS } from './wsjf-words.ts';

type Kind = Measurement['kind'];

const KEYS: Readonly<Record<Kind, 'numericMeas' | 'stringMeas' | 'booleanMeas'>> = {
  numeric: 'numericMeas',
  text: 'stringMeas',
  boolean: 'booleanMeas',
};

/** Step types by what they hold; the first is written where the file named none of them. Source: report.md 1. */
const SINGLE: Readonly<Record<Kind, readonly string[]>> = {
  numeric: ['ET_NLT', 'NumericLimitTest'],
  text: ['ET_SVT', 'StringValueTest'],
  boolean: ['ET_PFT', 'PassFailTest'],
};
const MULTIPLE: Readonly<Record<Kind, readonly string[]>> = {
  numeric: ['ET_MNLT', 'MultiNumericLimitTest'],
  text: ['ET_MSVT', 'MultiStringTest'],
  boolean: ['ET_MPFT', 'MultiBooleanTest'],
};
const BARE: Readonly<Record<Step['kind'], readonly string[]>> = {
  sequence: ['SequenceCall', 'WATS_SeqCall'],
  action: ['Action', 'ET_A'],
  message: ['MessagePopup'],
  external: ['CallExecutable'],
  numeric: ['GenericTest'],
  text: ['GenericTest'],
  boolean: ['GenericTest'],
  other: ['GenericTest'],
};

function choose(types: readonly string[], native: string | null): string {
  return types.find((type) => type === native) ?? types[0] ?? 'GenericTest';
}

/**
 * The step type for a step whose measurements are all of one kind.
 *
 * @param step - Kind, native type and chart.
 * @param measurements - Those that are written at this step.
 */
export function chooseStepType(
  step: Pick<Step, 'kind' | 'nativeType' | 'series'>,
  measurements: readonly Measurement[],
): string {
  const { kind, nativeType, series } = step;
  const measured = measurements[0]?.kind;
  if (measured === undefined) {
    if (series !== null) return 'Chart';
    return kind === 'other' && nativeType !== null ? nativeType : choose(BARE[kind], nativeType);
  }
  if (series !== null && measured === 'numeric') return 'WATS_XYGMNLT';
  if (measurements.length > 1) return choose(MULTIPLE[measured], nativeType);
  const isMultiple = nativeType !== null && MULTIPLE[measured].includes(nativeType);
  return isMultiple ? nativeType : choose(SINGLE[measured], nativeType);
}

function limitsOf(limits: MeasurementLimits | null): Extra {
  if (limits === null) return { compOp: 'LOG' };
  const { op, low, high, target } = limits;
  const needs = COMPARISONS[op];
  // The server reads a single limit from `lowLimit`, also for LT and LE.
  if (needs.low && needs.high) return { compOp: op, lowLimit: low, highLimit: high };
  return { compOp: op, lowLimit: target ?? low ?? high };
}

function textLimitOf(limits: MeasurementLimits | null): Extra {
  if (limits === null || limits.target === null) return { compOp: limits?.op ?? 'LOG' };
  return { compOp: limits.op, limit: String(limits.target) };
}

function writeOne(measurement: Measurement, extra: Extra): Extra {
  const status = STATUS[measurement.outcome];
  const { limits, valueText } = measurement;
  switch (measurement.kind) {
    case 'numeric':
      return {
        status,
        value: measurement.value ?? valueText ?? 'NaN',
        unit: measurement.unit,
        ...limitsOf(limits),
        ...pickExtra(extra, ['compOp', 'lowLimit', 'highLimit', 'valueFormat', 'lowLimitFormat', 'highLimitFormat']),
      };
    case 'text':
      return {
        status,
        value: measurement.value ?? valueText ?? '',
        ...textLimitOf(limits),
        ...pickExtra(extra, ['compOp', 'limit']),
      };
    case 'boolean':
      return { status, value: measurement.value };
    default:
      return measurement satisfies never;
  }
}

function nameOne(name: string | null, index: number, taken: Set<string>): string {
  const wanted = name === null || name === '' ? `Measurement ${index + 1}` : name;
  let free = wanted;
  for (let copy = 2; taken.has(free); copy += 1) free = `${wanted.slice(0, 90)} #${copy}`;
  taken.add(free);
  return free;
}

/** Names as the server wants them: each its own inside a step with several. */
function namesOf(measurements: readonly Measurement[], notes: Notes & { readonly path: string }): (string | null)[] {
  const taken = new Set<string>();
  const byKind = Object.groupBy(measurements, ({ kind }) => kind);
  return measurements.map(({ name, kind }, index) => {
    const isSingle = byKind[kind]?.length === 1;
    const cut = fit(name, 100, { ...notes, path: `${notes.path}.measurements[${index}].name` });
    if (isSingle) return cut === '' ? null : cut;
    const free = nameOne(cut, index, taken);
    if (free !== cut && cut !== null && cut !== '') {
      notes.warnings.push(`${notes.path}.measurements[${index}].name: sent as "${free}", the name is taken`);
    }
    return free;
  });
}

/**
 * Measurements under the keys of WSJF, one list per kind.
 *
 * @param measurements - Those that are written at this step.
 * @param extra - `extensions.wsjf` of the step.
 * @param notes - Where to warn, and the step's path.
 */
export function writeMeasurements(
  measurements: readonly Measurement[],
  extra: Extra,
  notes: Notes & { readonly path: string },
): Record<string, unknown> {
  const kept = extraAt(extra, 'measurements');
  const names = namesOf(measurements, notes);
  const written: Record<string, unknown[]> = {};
  for (const [index, measurement] of measurements.entries()) {
    const list = (written[KEYS[measurement.kind]] ??= []);
    list.push(compact({ name: names[index], ...writeOne(measurement, extraAt(kept, String(index))) }));
  }
  return written;
}

function join(values: readonly (number | null)[]): string {
  return values.map((value) => (value === null ? 'NaN' : String(value))).join(';');
}

/**
 * A chart as WSJF writes it.
 *
 * @param series - The chart.
 * @param extra - `extensions.wsjf` of the step: type and labels.
 * @param notes - Where to warn, and the step's path.
 */
export function writeChart(series: Series, extra: Extra, notes: Notes & { readonly path: string }): Extra {
  const { x, y } = series;
  const kept = extraAt(extra, 'chart');
  const label = (text: string | null, longest: number) =>
    fit(text, longest, { ...notes, path: `${notes.path}.series` });
  return compact({
    chartType: kept['chartType'] ?? 'Line',
    label: kept['label'] ?? '',
    xLabel: label(x.name, 100) ?? '',
    yLabel: kept['yLabel'] ?? label(y[0]?.name ?? null, 100) ?? '',
    xUnit: label(x.unit, 50),
    yUnit: kept['yUnit'] ?? label(y[0]?.unit ?? null, 50),
    series: y.map((curve, index) => ({
      dataType: 'XYG',
      name: label(curve.name, 100) || `Curve ${index + 1}`,
      xdata: join(curve.x ?? x.values),
      ydata: join(curve.values),
    })),
  });
}
