// The report builder: checks each step at once, so that an error has the author's line, and passes it on in constant memory.

import { OUTCOMES } from '../report/rules.ts';
import {
  choice,
  either,
  type Fields,
  integer,
  json,
  list,
  number,
  refuse,
  shape,
  type Taken,
  take,
  text,
} from './check.ts';
import type { Emitter, ListName } from './emit.ts';
import type {
  AssetInput,
  AttachmentInput,
  FailureInput,
  FinishInput,
  MiscInput,
  ReportInput,
  SequenceInput,
  StepInput,
} from './report-input.ts';
import { takeAttachment, type TakenAttachment } from './take-attachment.ts';
import { ERROR_FIELDS, type StepRecordBody, takeStep, type TakenStep } from './take-step.ts';

/** Adds steps below a report's root or a sequence. */
export type StepAdder = {
  /**
   * Report one step.
   *
   * @throws {ReportError} at once for a step that cannot be; the message names the field.
   */
  readonly step: (step: StepInput) => void;
  /** Report a step that has children; add them to what is returned. */
  readonly sequence: (sequence: SequenceInput) => SequenceBuilder;
};

/** A step with children. Its outcome follows from them unless it is said here or at the end. */
export type SequenceBuilder = StepAdder & {
  /** A file to keep beside the step, where it is only known after its first child. */
  readonly attach: (attachment: AttachmentInput) => void;
  /** Say what only the end knows. Not needed otherwise. */
  readonly finish: (end: FinishInput) => void;
};

/** One report being written. */
export type ReportBuilder = StepAdder & {
  readonly misc: (note: MiscInput) => void;
  readonly asset: (asset: AssetInput) => void;
  /** A failure that a repair found. */
  readonly failure: (failure: FailureInput) => void;
  /** A file to keep beside the report. */
  readonly attach: (attachment: AttachmentInput) => void;
  /** Something the reader of the report should know, e.g. `zone_assumed: …`; at most 1,000 characters. */
  readonly warn: (warning: string) => void;
  /** Close the report. Every report that was started must be finished. */
  readonly finish: (end?: FinishInput) => void;
};

/** Starts reports: none, one or several for a file. They may be open at the same time. */
export type Reports = { readonly start: (report: ReportInput) => ReportBuilder };

const short = text(8_192);
const PROCESS = { code: integer, name: short };
const SUB_UNIT = {
  index: integer,
  parent: integer,
  type: short,
  partNumber: short,
  serialNumber: short,
  revision: short,
};
const MISC = { name: text(8_192, 1), text: text(), number };
const ASSET = { serialNumber: text(8_192, 1), type: short, usage: integer };
const ARTICLE = { number: short, revision: short, vendor: short, description: short };
const FAILURE = {
  category: short,
  code: short,
  componentRef: short,
  functionBlock: short,
  refStepId: integer,
  subUnit: integer,
  article: shape(ARTICLE),
  comment: text(),
};
const END: Fields = { outcome: choice(OUTCOMES), durationS: number, error: shape(ERROR_FIELDS) };

const REPORT: Fields = {
  kind: choice(['test', 'repair']),
  fileId: text(200),
  key: text(200),
  ...END,
  partNumber: short,
  serialNumber: short,
  revision: short,
  batch: short,
  subUnits: list(shape(SUB_UNIT)),
  process: shape(PROCESS),
  station: shape({
    name: short,
    location: short,
    purpose: short,
    fixture: short,
    socket: either({ number: integer, string: short }),
  }),
  operator: short,
  comment: text(),
  startedAt: text(40),
  root: (value) => takeStep(value, 'sequence'),
  misc: list(shape(MISC)),
  assets: list(shape(ASSET)),
  repair: shape({
    refReport: text(200),
    testProcess: shape(PROCESS),
    confirmedAt: text(40),
    finalizedAt: text(40),
    failures: list(shape(FAILURE)),
  }),
  attachments: list(takeAttachment),
  extensions: json,
};

/** Fields of a report that its start record carries as they are. */
const PLAIN = [
  'fileId',
  'key',
  'outcome',
  'station',
  'operator',
  'comment',
  'durationS',
  'error',
  'extensions',
] as const;

function pick(taken: Taken, keys: readonly string[]): Taken {
  const picked: Taken = {};
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] ?? '';
    if (taken[key] !== undefined) picked[key] = taken[key];
  }
  return picked;
}

function toProcess(process: Taken | undefined): Taken {
  return { code: process?.['code'] ?? null, ...(process?.['name'] !== undefined && { name: process['name'] }) };
}

function toRepair(repair: Taken | undefined): Taken | null {
  if (repair === undefined) return null;
  const process = repair['testProcess'] as Taken | undefined;
  return {
    ...pick(repair, ['refReport', 'confirmedAt', 'finalizedAt']),
    ...(process !== undefined && { testProcess: toProcess(process) }),
  };
}

function toHead(taken: Taken, root: StepRecordBody): Taken {
  const repair = toRepair(taken['repair'] as Taken | undefined);
  const { partNumber = null, serialNumber = null, revision = null, batch = null } = taken;
  return {
    station: {},
    ...pick(taken, PLAIN),
    kind: taken['kind'] ?? (repair === null ? 'test' : 'repair'),
    unit: { partNumber, serialNumber, revision, batch },
    process: toProcess(taken['process'] as Taken | undefined),
    startedAt: taken['startedAt'] ?? null,
    repair,
    root,
  };
}

/** Lists of a report, which may be long, follow its start record. */
function listsOf(taken: Taken): readonly (readonly [ListName, readonly unknown[]])[] {
  const repair = taken['repair'] as Taken | undefined;
  const lists = {
    subUnits: taken['subUnits'],
    misc: taken['misc'],
    assets: taken['assets'],
    failures: repair?.['failures'],
  };
  return Object.entries(lists).map(
    ([name, items]) => [name as ListName, (items as unknown[] | undefined) ?? []] as const,
  );
}

type Open = { readonly r: number; readonly emitter: Emitter; nextStep: number; isOpen: boolean };

function assertOpen(open: Open): void {
  if (!open.isOpen) refuse('anything more', 'this report is finished');
}

function addStep(open: Open, parent: number, { step, attachments }: TakenStep): number {
  assertOpen(open);
  const id = open.nextStep;
  open.emitter.step({ r: open.r, id, step, wrap: (body) => ({ id, parent, step: body }) }, 'step');
  open.nextStep += 1;
  for (const attachment of attachments) open.emitter.attachment(open.r, id, attachment);
  return id;
}

function makeAdder(open: Open, parent: number): StepAdder {
  return {
    step: (step) => {
      addStep(open, parent, takeStep(step, 'action'));
    },
    sequence: (sequence) => {
      const id = addStep(open, parent, takeStep(sequence, 'sequence'));
      return Object.freeze({
        ...makeAdder(open, id),
        attach: (attachment: AttachmentInput) => {
          assertOpen(open);
          open.emitter.attachment(open.r, id, takeAttachment(attachment, 'an attachment'));
        },
        finish: (end: FinishInput) => {
          assertOpen(open);
          open.emitter.record(open.r, 'more', { step: id, ...take(end, END, 'the end of a sequence') });
        },
      });
    },
  };
}

function makeReport(open: Open): ReportBuilder {
  const { r, emitter } = open;
  const add = (name: ListName, item: unknown): void => {
    assertOpen(open);
    emitter.items(r, null, name, [item]);
  };
  return Object.freeze({
    ...makeAdder(open, 0),
    misc: (note: MiscInput) => add('misc', take(note, MISC, 'a note')),
    asset: (asset: AssetInput) => add('assets', take(asset, ASSET, 'an asset')),
    failure: (failure: FailureInput) => add('failures', take(failure, FAILURE, 'a failure')),
    warn: (warning: string) => add('warnings', text(1_000, 1)(warning, 'a warning')),
    attach: (attachment: AttachmentInput) => {
      assertOpen(open);
      emitter.attachment(r, null, takeAttachment(attachment, 'an attachment'));
    },
    finish: (end: FinishInput = {}) => {
      assertOpen(open);
      emitter.record(r, 'finish', take(end, END, 'the end of a report'));
      open.isOpen = false;
    },
  });
}

function start(emitter: Emitter, input: ReportInput, fileName: string): Open {
  const taken = take(input, REPORT, 'a report');
  const given = taken['root'] as TakenStep | undefined;
  const root: TakenStep = given ?? { step: { name: fileName || 'report', kind: 'sequence' }, attachments: [] };
  const r = emitter.nextReport();
  emitter.step({ r, id: 0, step: root.step, wrap: (body) => ({ report: toHead(taken, body) }) }, 'start');
  for (const [name, items] of listsOf(taken)) emitter.items(r, null, name, items);
  for (const attachment of root.attachments) emitter.attachment(r, 0, attachment);
  const attachments = (taken['attachments'] as readonly TakenAttachment[] | undefined) ?? [];
  for (const attachment of attachments) emitter.attachment(r, null, attachment);
  return { r, emitter, nextStep: 1, isOpen: true };
}

/** The builder of a conversion, and what the runtime asks it at the end. */
export type ReportsOwner = { readonly reports: Reports; readonly hasOpenReport: () => boolean };

/**
 * The builder of one conversion.
 *
 * @param emitter - Takes the records.
 * @param fileName - Name of a root that the author does not name.
 */
export function makeReports(emitter: Emitter, fileName: string): ReportsOwner {
  const all = new Set<Open>();
  const reports: Reports = Object.freeze({
    start: (input: ReportInput) => {
      for (const open of all) if (!open.isOpen) all.delete(open);
      const open = start(emitter, input, fileName);
      all.add(open);
      return makeReport(open);
    },
  });
  return { reports, hasOpenReport: () => [...all].some((open) => open.isOpen) };
}
