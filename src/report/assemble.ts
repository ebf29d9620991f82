// From the records of one conversion to its reports: trusts nothing, checks each record by itself.

import { makeDraft, type OpenDraft, openDraft } from './draft.ts';
import { completeReports } from './complete.ts';
import { readJson } from './json.ts';
import type { ConversionLimits } from './limits.ts';
import { type RecordOf, type ReportRecord, recordSchema } from './records.ts';
import { Refusal } from './refusal.ts';
import { LARGEST_RECORD_BYTES } from './rules.ts';
import type { AssembledReport, ReportStamp } from './stamp.ts';
import { readAs } from './tree.ts';

/** What is said about one record or attachment; fits `PartVerdict` of the sandbox. */
export type RecordVerdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'stop'; readonly limit: 'steps' | 'reports'; readonly used: number; readonly allowed: number }
  | { readonly kind: 'refuse'; readonly reason: string };

/** How a conversion's records end: all its reports, or none. */
export type FinishOutcome =
  | { readonly kind: 'reports'; readonly reports: readonly AssembledReport[] }
  | { readonly kind: 'refuse'; readonly reason: string };

/** Takes the records of one conversion. After a verdict other than `ok` it takes nothing more and repeats the verdict. */
export type Assembler = {
  /** One record as JSON text. */
  readonly add: (recordText: string) => RecordVerdict;
  /** Bytes of an attachment, in one or several pieces; the record that names it comes right after. */
  readonly attach: (bytes: Uint8Array) => RecordVerdict;
  /** On everything that was taken. */
  readonly verdict: () => RecordVerdict;
  /** Call once, after the last record. */
  readonly finish: (stamp: ReportStamp) => FinishOutcome;
};

const OK: RecordVerdict = { kind: 'ok' };
/** A record is nested less than this, extensions included. */
const DEEPEST_RECORD = 64;
/** Objects and lists in all records, for each step that is allowed: far more than a step has, extensions apart. */
const CONTAINERS_PER_STEP = 20;

type State = {
  readonly limits: ConversionLimits;
  readonly drafts: OpenDraft[];
  records: number;
  /** Steps, and items of the lists that a report has beside them. */
  steps: number;
  /** Objects and lists that all records may still have. */
  containersLeft: number;
  /** Pieces of the attachment that the next record names; null: none was begun. */
  pieces: Uint8Array[] | null;
  pieceBytes: number;
};

function toRefusal(error: unknown): { readonly kind: 'refuse'; readonly reason: string } {
  if (error instanceof Refusal) return { kind: 'refuse', reason: error.message };
  throw error;
}

function readRecord(state: State, text: string): ReportRecord {
  const expected = state.records;
  const bytes = Buffer.byteLength(text);
  if (bytes > LARGEST_RECORD_BYTES)
    throw new Refusal(`record ${expected}: ${bytes} bytes, at most ${LARGEST_RECORD_BYTES}`);
  const reading = readJson(text, { depth: DEEPEST_RECORD, containers: state.containersLeft });
  if (reading.kind === 'bad') throw new Refusal(`record ${expected}: ${reading.reason}`);
  state.containersLeft -= reading.containers;
  const record = readAs(recordSchema, reading.value, `record ${expected}`);
  if (record.seq !== expected) throw new Refusal(`record ${expected}: has the number ${record.seq}`);
  return record;
}

function start(state: State, record: RecordOf<'start'>, bytes: number): RecordVerdict {
  const { drafts, limits } = state;
  if (record.r !== drafts.length)
    throw new Refusal(`report ${record.r}: report ${drafts.length} was expected to start`);
  if (drafts.length >= limits.reports) {
    return { kind: 'stop', limit: 'reports', used: drafts.length + 1, allowed: limits.reports };
  }
  drafts.push(openDraft(record, { limits, bytes }));
  return countSteps(state, 1 + countItems(record));
}

/** Items beside the steps: three bytes of a record may be one, and each is an object as large as a step's. */
function countItems(record: ReportRecord): number {
  if (record.kind === 'more') {
    const { misc = [], assets = [], subUnits = [], failures = [] } = record;
    return misc.length + assets.length + subUnits.length + failures.length;
  }
  if (record.kind !== 'start') return 0;
  const { misc, assets, unit, repair } = record.report;
  return misc.length + assets.length + unit.subUnits.length + (repair?.failures.length ?? 0);
}

function countSteps(state: State, added: number): RecordVerdict {
  state.steps += added;
  const allowed = state.limits.conversionSteps;
  return state.steps > allowed ? { kind: 'stop', limit: 'steps', used: state.steps, allowed } : OK;
}

function takePieces(state: State): Buffer | null {
  const taken = state.pieces === null ? null : Buffer.concat(state.pieces);
  state.pieces = null;
  state.pieceBytes = 0;
  return taken;
}

function apply(state: State, record: ReportRecord, bytes: number): RecordVerdict {
  if (state.pieces !== null && record.kind !== 'attach')
    throw new Refusal('attached bytes were not named by the next record');
  if (record.kind === 'start') return start(state, record, bytes);
  const draft = state.drafts[record.r];
  if (draft === undefined) throw new Refusal(`report ${record.r}: was never started`);
  draft.add(record, { bytes, attached: record.kind === 'attach' ? takePieces(state) : null });
  return countSteps(state, record.kind === 'step' ? 1 : countItems(record));
}

function add(state: State, text: string): RecordVerdict {
  const record = readRecord(state, text);
  state.records += 1;
  return apply(state, record, Buffer.byteLength(text));
}

function attach(state: State, bytes: Uint8Array): RecordVerdict {
  const { limits } = state;
  state.pieceBytes += bytes.length;
  if (state.pieceBytes > limits.attachment) {
    throw new Refusal(`attachment: ${state.pieceBytes} is over limits.attachment of ${limits.attachment}`);
  }
  state.pieces ??= [];
  state.pieces.push(Uint8Array.from(bytes));
  return OK;
}

/**
 * An assembler for one conversion.
 *
 * @param limits - Limits of each report and of the conversion.
 */
export function makeAssembler(limits: ConversionLimits): Assembler {
  const containersLeft = limits.conversionSteps * CONTAINERS_PER_STEP;
  const state: State = { limits, drafts: [], records: 0, steps: 0, containersLeft, pieces: null, pieceBytes: 0 };
  let verdict: RecordVerdict = OK;
  const guarded = (take: () => RecordVerdict): RecordVerdict => {
    if (verdict.kind !== 'ok') return verdict;
    try {
      verdict = take();
    } catch (error) {
      verdict = toRefusal(error);
    }
    return verdict;
  };
  return {
    add: (recordText) => guarded(() => add(state, recordText)),
    attach: (bytes) => guarded(() => attach(state, bytes)),
    verdict: () => verdict,
    finish: (stamp) => {
      if (verdict.kind === 'refuse') return verdict;
      if (verdict.kind === 'stop') return { kind: 'refuse', reason: `the limit of ${verdict.limit} was reached` };
      try {
        if (state.pieces !== null) throw new Refusal('attached bytes were not named by a record');
        return { kind: 'reports', reports: completeReports(state.drafts.map(makeDraft), stamp, limits) };
      } catch (error) {
        return toRefusal(error);
      }
    },
  };
}
