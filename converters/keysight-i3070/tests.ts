// Test records of a board to steps.

import { type MeasurementInput, parseNumber, type StepAdder, type StepInput } from 'airlock/converter';
import { type LogRecord, writeRecord } from './records.ts';
import { readField, readNumberText, readTestStatus, type Status, UNITS } from './words.ts';

/** Where the fields of a test record are. */
type Layout = {
  readonly status: number;
  readonly designator: number;
  readonly counts: Readonly<Record<string, number>>;
};

/** Test records beside the analog ones. Source: Keysight i3070, "Log Record Format". */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  'BS-CON': { designator: 0, status: 1, counts: { Shorts: 2, Opens: 3 } },
  CCHK: { status: 0, designator: 2, counts: { Pins: 1 } },
  'D-T': { status: 0, designator: 4, counts: { Substatus: 1, 'Failing vector': 2, Pins: 3 } },
  PCHK: { status: 0, designator: 1, counts: {} },
  PF: { designator: 0, status: 1, counts: { Pins: 2 } },
  PRB: { status: 0, designator: 2, counts: { Pins: 1 } },
  TJET: { status: 0, designator: 2, counts: { Pins: 1 } },
  TS: { status: 0, designator: 4, counts: { Shorts: 1, Opens: 2, Phantoms: 3 } },
};
const DEVICE_FILE: Layout = { status: 2, designator: 1, counts: {} };

/** Longest text of a step; a board with that many failing pins says no more with all of them. */
const LONGEST_TEXT = 20_000;

function layoutOf({ type }: LogRecord): Layout | null {
  if (type.startsWith('A-')) return { status: 0, designator: 2, counts: {} };
  if (type === 'D-PLD') return DEVICE_FILE;
  return Object.hasOwn(LAYOUTS, type) ? (LAYOUTS[type] ?? null) : null;
}

/** Is this the record of a test? */
export const isTest = (record: LogRecord): boolean => layoutOf(record) !== null;

/** What a record says beyond its own fields: the records in it, as written. */
function writeDetails(records: readonly LogRecord[], warn: (warning: string) => void): string | null {
  if (records.length === 0) return null;
  const text = records
    .map((record) => (record.type === 'RPT' ? record.fields.join('|') : writeRecord(record)))
    .join('\n');
  if (text.length <= LONGEST_TEXT) return text;
  warn(`text: cut from ${text.length} to ${LONGEST_TEXT} characters`);
  return text.slice(0, LONGEST_TEXT);
}

type Limits = Pick<StepInput, 'low' | 'high'> & { readonly nominal: number | null };

function readLimits(record: LogRecord): Limits {
  const limits = record.children.find(({ type }) => type === 'LIM2' || type === 'LIM3');
  if (limits === undefined) return { nominal: null };
  const first = limits.type === 'LIM3' ? 1 : 0;
  const nominal = first === 1 ? readNumberText(limits, 0) : null;
  return {
    high: readNumberText(limits, first),
    low: readNumberText(limits, first + 1),
    nominal: nominal === null ? null : parseNumber(nominal),
  };
}

function toAnalog(record: LogRecord): Partial<StepInput> {
  const { nominal, ...limits } = readLimits(record);
  const unit = Object.hasOwn(UNITS, record.type) ? (UNITS[record.type] ?? null) : null;
  return {
    kind: 'numeric',
    value: readNumberText(record, 1),
    unit,
    ...limits,
    extensions: nominal === null ? null : { i3070: { nominal } },
  };
}

function toCounts(record: LogRecord, { counts }: Layout): Partial<StepInput> {
  const measurements = Object.entries(counts).flatMap(([name, at]): MeasurementInput[] => {
    const value = readNumberText(record, at);
    return value === null ? [] : [{ name, kind: 'numeric', value }];
  });
  return measurements.length === 0 ? { kind: 'boolean' } : { kind: 'numeric', measurements };
}

function toStatus({ outcome, word }: Status): Pick<StepInput, 'outcome' | 'nativeOutcome'> {
  return { outcome, nativeOutcome: word };
}

function toStep(record: LogRecord, name: string, details: readonly LogRecord[], options: StepOptions): StepInput {
  const layout = layoutOf(record) ?? DEVICE_FILE;
  const inside = record.children.filter(({ type }) => type !== 'LIM2' && type !== 'LIM3');
  const message = record.type === 'D-PLD' ? [{ ...record, children: [] }] : [];
  return {
    name,
    nativeType: record.type,
    ...(record.type.startsWith('A-') ? toAnalog(record) : toCounts(record, layout)),
    ...toStatus(readTestStatus(record, layout.status)),
    text: writeDetails([...message, ...inside, ...details], options.warn),
  };
}

function designatorOf(record: LogRecord): string | null {
  const layout = layoutOf(record);
  return layout === null ? null : readField(record, layout.designator);
}

/** What steps are made with. */
export type StepOptions = {
  /** Number of the board on its panel as written in names, e.g. `2%`; null without one. */
  readonly board: string | null;
  readonly warn: (warning: string) => void;
};

/** `2%r28` is `r28` on the board 2, so that a test has one name on all boards of a panel. */
function shorten(name: string, { board }: StepOptions): string {
  const prefix = /^(\d{1,4})%(?=.)/.exec(name);
  return prefix !== null && board !== null && Number(prefix[1]) === Number(board) ? name.slice(prefix[0].length) : name;
}

/**
 * Report a test that stands in no block.
 *
 * @param adder - Takes the step.
 * @param record - A record for which {@link isTest} holds.
 * @param options - Board and warnings.
 */
export function addTest(adder: StepAdder, record: LogRecord, options: StepOptions): void {
  adder.step(toStep(record, shorten(designatorOf(record) ?? record.type, options), [], options));
}

/**
 * Report a block: one step where it is one test of the same name, else a sequence with a step for each test.
 *
 * @param adder - Takes the steps.
 * @param block - A `BLOCK` record.
 * @param options - Board and warnings.
 */
export function addBlock(adder: StepAdder, block: LogRecord, options: StepOptions): void {
  const written = readField(block, 0) ?? 'BLOCK';
  const name = shorten(written, options);
  const tests = block.children.filter(isTest);
  const details = block.children.filter((record) => !isTest(record));
  const status = toStatus(readTestStatus(block, 1));
  const [only] = tests;
  if (only === undefined) {
    return adder.step({
      name,
      nativeType: 'BLOCK',
      kind: 'boolean',
      ...status,
      text: writeDetails(details, options.warn),
    });
  }
  if (tests.length === 1 && [written, null].includes(designatorOf(only))) {
    return adder.step(toStep(only, name, details, options));
  }
  const text = writeDetails(details, options.warn);
  const sequence = adder.sequence({ name, nativeType: 'BLOCK', ...status, text });
  for (const test of tests) {
    sequence.step(toStep(test, shorten(designatorOf(test) ?? written, options), [], options));
  }
}
