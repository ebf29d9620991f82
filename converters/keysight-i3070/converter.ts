// Log records of a Keysight i3070 to reports: one for each board of each batch.

import { BadInput, type ConverterInput, defineConverter, log, type Reports, SkipFile } from 'airlock/converter';
import { type Board, type Gaps, startBoard } from './board.ts';
import { type LogEvent, type LogRecord, readRecords } from './records.ts';

/** Where in the file the reader is. */
type State = { batch: LogRecord | null; board: Board | null; boards: number; batches: number };

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function readGaps(given: Readonly<Record<string, unknown>>): Gaps {
  return {
    partNumber: textOf(given['partNumber']),
    serialNumber: textOf(given['serialNumber']),
    revision: textOf(given['revision']),
    process: typeof given['process'] === 'number' ? given['process'] : null,
    timeZone: textOf(given['timeZone']) ?? 'UTC',
  };
}

function open(state: State, record: LogRecord, start: (batch: LogRecord | null) => Board): void {
  if (state.board !== null) {
    throw new BadInput(`{@${record.type} begins inside the board of line ${state.board.record.line}`, record);
  }
  if (record.type === 'BATCH') {
    if (state.batch !== null) throw new BadInput('{@BATCH begins inside another batch', record);
    state.batch = record;
    state.batches += 1;
    return;
  }
  state.board = start(state.batch);
  state.boards += 1;
}

function close(state: State, type: string): void {
  if (type === 'BATCH') {
    state.batch = null;
    return;
  }
  state.board?.finish();
  state.board = null;
}

/** A tester that is still at work leaves the batch open; a board that is open is half a board. */
function assertWhole(records: readonly LogRecord[]): void {
  const cut = records.find(({ type }) => type !== 'BATCH');
  if (cut !== undefined) throw new BadInput(`the file ends inside {@${cut.type.slice(0, 20)}, which begins here`, cut);
  if (records.length > 0) log.warn('the file ends inside a batch; all its boards are whole');
}

function follow(event: LogEvent, state: State, start: (record: LogRecord, batch: LogRecord | null) => Board): void {
  switch (event.kind) {
    case 'open':
      return open(state, event.record, (batch) => start(event.record, batch));
    case 'record':
      if (state.board !== null) return state.board.add(event.record);
      // Alarms and network records, which belong to no board.
      log.warn('a record outside of the boards is in no report', { type: event.record.type, line: event.record.line });
      return;
    case 'cut':
      return state.board?.warn(`truncated: the tester cut a record at line ${event.line}`);
    case 'close':
      return close(state, event.type);
    case 'end':
      return assertWhole(event.open);
    default:
      return event satisfies never;
  }
}

function* texts(input: ConverterInput): Generator<string, void> {
  for (const piece of input.chunks()) if (typeof piece === 'string') yield piece;
}

function convertAll(input: ConverterInput, reports: Reports, gaps: Gaps): State {
  const state: State = { batch: null, board: null, boards: 0, batches: 0 };
  for (const event of readRecords(texts(input))) {
    follow(event, state, (record, batch) => startBoard(reports, { record, batch }, gaps));
  }
  return state;
}

export default defineConverter({
  probe(head) {
    const text = head.text.trimStart();
    if (text.startsWith('{@BATCH|')) return 0.95;
    return text.startsWith('{@BTEST|') ? 0.9 : 0;
  },
  convert(input, reports, context) {
    const { boards, batches } = convertAll(input, reports, readGaps(context.arguments));
    if (boards > 0) return;
    if (batches > 0) throw new SkipFile('the batch has no board test');
    throw new BadInput('there is neither a {@BATCH nor a {@BTEST record');
  },
});
