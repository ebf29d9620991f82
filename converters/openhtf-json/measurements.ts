// One measurement of a phase to a step.

import type { AttachmentInput, StepInput } from 'airlock/converter';
import { LongInteger } from './json.ts';
import { type Fields, readList, readNotFinite, readObject, readOutcome, readText, readUnit } from './read.ts';
import { toSeries } from './series.ts';
import { isNumeric, readValidators } from './validators.ts';

type Kind = 'numeric' | 'text' | 'boolean';
type Value = { readonly kind: Kind; readonly value: string | number | boolean | null; readonly whole: string | null };

/** Longer texts go into an attachment of their own. */
const LONGEST_VALUE = 1_000;
/** UTF-16 units of one attachment: a report holds 10 MiB, in which a character takes up to three bytes. */
const LONGEST_ATTACHMENT = 3 * 1024 ** 2;

function readTextValue(text: string): Value {
  return text.length <= LONGEST_VALUE
    ? { kind: 'text', value: text, whole: null }
    : { kind: 'text', value: text.slice(0, LONGEST_VALUE), whole: text };
}

function readValue(fields: Fields): Value {
  const value = fields['measured_value'];
  const isNumberWanted = isNumeric(fields['validators']);
  if (typeof value === 'number') return { kind: 'numeric', value, whole: null };
  if (value instanceof LongInteger) return { kind: 'numeric', value: value.digits, whole: null };
  if (typeof value === 'boolean') return { kind: 'boolean', value, whole: null };
  if (value === undefined || value === null)
    return { kind: isNumberWanted ? 'numeric' : 'text', value: null, whole: null };
  if (typeof value !== 'string') return readTextValue(JSON.stringify(value));
  const word = isNumberWanted || fields['units'] !== undefined ? readNotFinite(value) : null;
  return word === null ? readTextValue(value) : { kind: 'numeric', value: word, whole: null };
}

/** What a measurement knows of its phase. */
export type PhaseContext = {
  /** Did the phase fail, in a test that wants every measurement? Then one without a value failed. */
  readonly isUnsetFailed: boolean;
  readonly warn: (warning: string) => void;
  /** May one more attachment be added? Counts it. */
  readonly takeAttachment: () => boolean;
};

function readMeasured(word: unknown, { isUnsetFailed }: PhaseContext): StepInput['outcome'] {
  if (word === 'UNSET') return isUnsetFailed ? 'failed' : 'skipped';
  return word === 'SKIPPED' ? 'skipped' : readOutcome(word);
}

function toText(fields: Fields, rest: readonly string[]): string | null {
  const lines = [readText(fields['docstring']), ...rest.map((validator) => `validator: ${validator.slice(0, 2_000)}`)];
  const text = lines.filter((line) => line !== null).join('\n');
  return text === '' ? null : text;
}

function attachText(attachment: AttachmentInput & { readonly text: string }, context: PhaseContext): AttachmentInput[] {
  const { name, text } = attachment;
  const shown = name.slice(0, 100);
  if (text.length > LONGEST_ATTACHMENT)
    context.warn(`attachment "${shown}": left out, ${text.length} characters are too many`);
  else if (!context.takeAttachment())
    context.warn(`attachment "${shown}": left out, the report is full of attachments`);
  else return [attachment];
  return [];
}

function attachRows(name: string, rows: readonly unknown[], context: PhaseContext): AttachmentInput[] {
  const attachment = { name: `${name.slice(0, 200)}.json`, mediaType: 'application/json', text: JSON.stringify(rows) };
  return attachText(attachment, context);
}

function toSeriesStep(fields: Fields, name: string, context: PhaseContext): Partial<StepInput> {
  const rows = readList(fields['measured_value']);
  const { rest } = readValidators(fields['validators'], 'boolean');
  const series = toSeries(rows, { name, unit: readUnit(fields['units']), dimensions: readList(fields['dimensions']) });
  const attachments = series === null && rows.length > 0 ? attachRows(name, rows, context) : [];
  return { kind: 'other', series, attachments, text: toText(fields, rest) };
}

function toValueStep(fields: Fields, name: string, context: PhaseContext): Partial<StepInput> {
  const { kind, value, whole } = readValue(fields);
  const { limits, rest } = readValidators(fields['validators'], kind);
  const unit = readUnit(fields['units']);
  const file = `${name.slice(0, 200)}.txt`;
  const attachments = whole === null ? [] : attachText({ name: file, text: whole }, context);
  if (whole !== null && attachments.length > 0)
    context.warn(`${name.slice(0, 100)}: a value of ${whole.length} characters is an attachment`);
  return { kind, value, unit, ...limits, attachments, text: toText(fields, rest) };
}

/**
 * One measurement.
 *
 * @param key - Its key in the phase.
 * @param value - What the key holds.
 * @param context - Of the phase.
 */
export function toMeasurementStep(key: string, value: unknown, context: PhaseContext): StepInput {
  const fields = readObject(value);
  const name = readText(fields['name']) ?? readText(key) ?? 'measurement';
  const word = readText(fields['outcome']);
  const isSeries = readList(fields['dimensions']).length > 0;
  const isPlain = word === null || ['PASS', 'FAIL'].includes(word);
  return {
    name,
    nativeType: 'Measurement',
    ...(isSeries ? toSeriesStep(fields, name, context) : toValueStep(fields, name, context)),
    outcome: readMeasured(word, context),
    nativeOutcome: isPlain ? (fields['marginal'] === true ? `${word ?? ''} (marginal)` : null) : word,
  };
}
