// One board: from its `BTEST` record and the batch around it to a report.

import type { MiscInput, ReportBuilder, ReportInput, Reports } from 'airlock/converter';
import { type LogRecord, writeRecord } from './records.ts';
import { addBlock, addTest, isTest, type StepOptions } from './tests.ts';
import { readBoardStatus, readField, readNumberText, readTime } from './words.ts';

/** What fills gaps of the file. */
export type Gaps = {
  readonly partNumber: string | null;
  readonly serialNumber: string | null;
  readonly revision: string | null;
  readonly process: number | null;
  readonly timeZone: string;
};

/** A report being written. */
export type Board = {
  readonly record: LogRecord;
  readonly add: (record: LogRecord) => void;
  readonly warn: (warning: string) => void;
  readonly finish: () => void;
};

/** Fields of a batch and a board that have no place of their own, by name. */
const BATCH_NOTES: Readonly<Record<string, number>> = {
  Testhead: 3,
  'Testhead type': 4,
  Testplan: 9,
  'Testplan revision': 10,
  'Panel type': 11,
  'Panel revision': 12,
  'Version label': 13,
};
const BOARD_NOTES: Readonly<Record<string, number>> = {
  'Multiple test': 4,
  'Log level': 5,
  'Log set': 6,
  Learning: 7,
  'Known good': 8,
  'Status qualifier': 10,
  Panel: 12,
};
/** Longest message file of a board; attachments end at 10 MiB. */
const LONGEST_MESSAGES = 1024 ** 2;
const NO_BATCH: LogRecord = { type: 'BATCH', fields: [], children: [], line: 1 };

function readNotes(record: LogRecord, names: Readonly<Record<string, number>>): readonly MiscInput[] {
  return Object.entries(names).flatMap(([name, at]): MiscInput[] => {
    const text = readField(record, at);
    return text === null ? [] : [{ name, text }];
  });
}

function readHead(batch: LogRecord, board: LogRecord, gaps: Gaps): ReportInput {
  const { outcome, word } = readBoardStatus(board, 1);
  const duration = readNumberText(board, 3);
  const socket = readField(board, 11);
  return {
    outcome,
    partNumber: readField(batch, 0) ?? gaps.partNumber,
    revision: readField(batch, 1) ?? gaps.revision,
    serialNumber: readField(board, 0) ?? gaps.serialNumber,
    batch: readField(batch, 6),
    process: { code: gaps.process, name: readField(batch, 5) },
    station: {
      name: readField(batch, 8),
      fixture: readField(batch, 2),
      socket: socket !== null && /^\d{1,9}$/.test(socket) ? Number(socket) : socket,
    },
    operator: readField(batch, 7),
    startedAt: readTime(board, 2, gaps.timeZone),
    durationS: duration === null ? null : Number(duration),
    root: { name: readField(batch, 9) ?? 'testplan', nativeType: 'BTEST', outcome, nativeOutcome: word },
    misc: [...readNotes(batch, BATCH_NOTES), ...readNotes(board, BOARD_NOTES)],
  };
}

/** Notes of a board that come as records of their own. */
function readNote(record: LogRecord): MiscInput | null {
  if (record.type === 'NOTE' || record.type === 'EXPRT') {
    const name = readField(record, 0);
    return name === null ? null : { name, text: record.fields[1] ?? null };
  }
  return record.type === 'RETEST' ? { name: 'Retest', text: readField(record, 0) } : null;
}

type Rest = { readonly messages: string[]; length: number; readonly others: Map<string, number> };

function keepMessage(rest: Rest, text: string): void {
  rest.length += text.length + 1;
  if (rest.length <= LONGEST_MESSAGES) rest.messages.push(text);
}

function addRecord(report: ReportBuilder, record: LogRecord, context: { options: StepOptions; rest: Rest }): void {
  const { options, rest } = context;
  if (record.type === 'BLOCK') return addBlock(report, record, options);
  if (isTest(record)) return addTest(report, record, options);
  if (record.type === 'RPT') return keepMessage(rest, record.fields.join('|'));
  const note = readNote(record);
  if (note !== null) return report.misc(note);
  rest.others.set(record.type, (rest.others.get(record.type) ?? 0) + 1);
  report.step({ name: record.type, kind: 'other', nativeType: record.type, text: writeRecord(record).slice(0, 8_192) });
}

function addRest(report: ReportBuilder, rest: Rest): void {
  for (const [type, count] of [...rest.others].slice(0, 20)) {
    report.warn(`unknown_record: ${count} of {@${type.slice(0, 50)}, each kept as a step with its text`);
  }
  if (rest.messages.length > 0) {
    report.attach({ name: 'messages.txt', mediaType: 'text/plain', text: `${rest.messages.join('\n')}\n` });
  }
  if (rest.length > LONGEST_MESSAGES) {
    report.warn(`messages.txt: cut from ${rest.length} to ${LONGEST_MESSAGES} characters`);
  }
}

/**
 * Begin the report of a board.
 *
 * @param reports - The builder.
 * @param around - The batch and the board's own record.
 * @param gaps - What the file may lack.
 */
export function startBoard(
  reports: Reports,
  around: { readonly batch: LogRecord | null; readonly record: LogRecord },
  gaps: Gaps,
): Board {
  const { record } = around;
  const head = readHead(around.batch ?? NO_BATCH, record, gaps);
  const report = reports.start(head);
  if (head.startedAt === null) report.warn('startedAt: the file has no time that can be read');
  else report.warn(`zone_assumed: the times of the tester are read as ${gaps.timeZone}`);
  const rest: Rest = { messages: [], length: 0, others: new Map() };
  const warned = new Set<string>();
  const warn = (warning: string): void => {
    if (warned.size < 20 && !warned.has(warning)) report.warn(warning);
    warned.add(warning);
  };
  const options: StepOptions = { board: readField(record, 11), warn };
  return {
    record,
    warn,
    add: (inside) => addRecord(report, inside, { options, rest }),
    finish: () => {
      addRest(report, rest);
      report.finish();
    },
  };
}
