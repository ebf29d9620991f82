// STDF version 4 to reports: one for each part.

import { BadInput, defineConverter, log, type MiscInput, type Reports, SkipFile } from 'airlock/converter';
import { type Fields, readCn, readU1, readU4 } from './fields.ts';
import { readFunctional } from './functional.ts';
import { readBin, readLot, readPin, readSiteGroup, readWafer } from './lot.ts';
import { readDatalog, readGeneric } from './notes.ts';
import { readMultiple, readParametric } from './parametric.ts';
import type { Around, Gaps } from './part-head.ts';
import { assertAllEnded, finishPart, type Part, placeKey, startPart } from './parts.ts';
import { inflateHead, kindOf, readByteOrder, readRecords } from './records.ts';
import type { ReadTest, TestContext } from './tests.ts';

type State = {
  readonly reports: Reports;
  readonly gaps: Gaps;
  readonly around: Around;
  readonly parts: Map<number, Part>;
  readonly defaults: TestContext['defaults'];
  readonly pins: Map<number, string>;
  readonly unknown: Map<string, number>;
  section: string | null;
  finished: number;
  /** Tests of no part. */
  strays: number;
  isEnded: boolean;
};

/** Notes of the file that every report carries. */
const MOST_FILE_NOTES = 50;
const MOST_PART_NOTES = 1_000;

function keepNote(state: State, note: MiscInput | null): void {
  if (note === null) return;
  // The record names no site: it belongs to all parts that are tested now, or to those that follow.
  for (const part of state.parts.values()) {
    if (part.notes.length < MOST_PART_NOTES) part.notes.push(note);
    else part.warnings.add(`notes: only the first ${MOST_PART_NOTES} DTR and GDR records are kept`);
  }
  if (state.parts.size > 0) return;
  if (state.around.notes.length < MOST_FILE_NOTES) state.around.notes.push(note);
  else log.warn('a DTR or GDR record beside the parts is in no report', { text: note.text ?? '' });
}

function addTest(state: State, { head, site, step }: ReadTest): void {
  const part = state.parts.get(placeKey(head, site));
  if (part === undefined) state.strays += 1;
  else part.steps.push({ section: state.section, step });
}

function begin(state: State, fields: Fields): void {
  if (state.parts.size === 0) state.section = null;
  const part = startPart(fields);
  const key = placeKey(part.head, part.site);
  const open = state.parts.get(key);
  if (open !== undefined) {
    throw new BadInput(`the PIR at byte ${part.offset} begins a part while the one of byte ${open.offset} has no PRR`);
  }
  state.parts.set(key, part);
}

function finish(state: State, fields: Fields): void {
  const key = placeKey(readU1(fields) ?? 0, readU1(fields) ?? 0);
  const part = state.parts.get(key);
  if (part === undefined) throw new BadInput(`the PRR at byte ${fields.offset} ends a part that has no PIR`);
  finishPart(state.reports, part, { fields, around: state.around, gaps: state.gaps });
  state.parts.delete(key);
  state.finished += 1;
}

function keepBin(names: Map<number, string>, fields: Fields): void {
  const bin = readBin(fields);
  if (bin !== null && !names.has(bin.bin)) names.set(bin.bin, bin.name);
}

function keepPin(state: State, fields: Fields): void {
  const pin = readPin(fields);
  if (pin !== null && !state.pins.has(pin.index)) state.pins.set(pin.index, pin.name);
}

function keepWafer(state: State, fields: Fields): void {
  const wafer = readWafer(fields);
  state.around.wafers.set(wafer.head, wafer);
}

function keepAudit(state: State, fields: Fields): void {
  readU4(fields);
  const command = readCn(fields);
  keepNote(state, command === null ? null : { name: 'ATR', text: command });
}

const nothing = (): void => {};

/** What to do with each record. Source: STDF Specification V4. */
const RECORDS: ReadonlyMap<number, (state: State, fields: Fields) => void> = new Map([
  // FAR, then what only sums up the parts: PCR, TSR, WCR, WRR's counts; PGR, PLR and RDR name groups that no report has.
  ...[kindOf(0, 10), kindOf(1, 30), kindOf(10, 30), kindOf(2, 30), kindOf(1, 62), kindOf(1, 63), kindOf(1, 70)].map(
    (kind) => [kind, nothing] as const,
  ),
  [kindOf(0, 20), keepAudit],
  [kindOf(1, 10), (state: State, fields: Fields) => void (state.around.lot = readLot(fields))],
  [kindOf(1, 20), (state: State) => void (state.isEnded = true)],
  [kindOf(1, 40), ({ around }: State, fields: Fields) => keepBin(around.hardBins, fields)],
  [kindOf(1, 50), ({ around }: State, fields: Fields) => keepBin(around.softBins, fields)],
  [kindOf(1, 60), keepPin],
  [kindOf(1, 80), ({ around }: State, fields: Fields) => void around.groups.push(readSiteGroup(fields))],
  [kindOf(2, 10), keepWafer],
  [kindOf(2, 20), ({ around }: State, fields: Fields) => void around.wafers.delete(readU1(fields))],
  [kindOf(5, 10), begin],
  [kindOf(5, 20), finish],
  [kindOf(15, 10), (state: State, fields: Fields) => addTest(state, readParametric(fields, state))],
  [kindOf(15, 15), (state: State, fields: Fields) => addTest(state, readMultiple(fields, state))],
  [kindOf(15, 20), (state: State, fields: Fields) => addTest(state, readFunctional(fields, state))],
  [kindOf(20, 10), (state: State, fields: Fields) => void (state.section = readCn(fields))],
  [kindOf(20, 20), (state: State) => void (state.section = null)],
  [kindOf(50, 10), (state: State, fields: Fields) => keepNote(state, readGeneric(fields))],
  [kindOf(50, 30), (state: State, fields: Fields) => keepNote(state, readDatalog(fields))],
]);

function skip(state: State, kind: number): void {
  const name = `${Math.floor(kind / 256)}-${kind % 256}`;
  state.unknown.set(name, (state.unknown.get(name) ?? 0) + 1);
  for (const part of state.parts.values()) part.warnings.add(`unknown_record: records of type ${name} are skipped`);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function readGaps(given: Readonly<Record<string, unknown>>): Gaps {
  return {
    partNumber: textOf(given['partNumber']),
    serialNumber: textOf(given['serialNumber']),
    serialFormat: textOf(given['serialFormat']) ?? '{part}',
    revision: textOf(given['revision']),
    process: typeof given['process'] === 'number' ? given['process'] : null,
    timeZone: textOf(given['timeZone']) ?? 'UTC',
  };
}

function startState(reports: Reports, gaps: Gaps): State {
  return {
    reports,
    gaps,
    around: {
      lot: { startedAt: null, texts: {} },
      wafers: new Map(),
      groups: [],
      notes: [],
      hardBins: new Map(),
      softBins: new Map(),
    },
    parts: new Map(),
    defaults: new Map(),
    pins: new Map(),
    unknown: new Map(),
    section: null,
    finished: 0,
    strays: 0,
    isEnded: false,
  };
}

function conclude(state: State, acceptsCut: boolean): void {
  assertAllEnded(state.parts);
  if (!state.isEnded && !acceptsCut) {
    throw new BadInput(`the file is cut off: it has no MRR record at its end, after ${state.finished} parts`);
  }
  for (const [type, count] of [...state.unknown].slice(0, 50))
    log.warn('unknown records were skipped', { type, count });
  if (state.strays > 0) log.warn('tests of no part are in no report', { count: state.strays });
  if (state.finished === 0) throw new SkipFile('the file has no parts');
}

export default defineConverter({
  probe(head) {
    return readByteOrder(inflateHead(head.bytes)) === null ? 0 : 0.98;
  },
  convert(input, reports, context) {
    const state = startState(reports, readGaps(context.arguments));
    for (const { kind, fields } of readRecords(input)) {
      const take = RECORDS.get(kind);
      if (take === undefined) skip(state, kind);
      else take(state, fields);
    }
    conclude(state, context.arguments['acceptCut'] === true);
  },
});
