// One report while its records come in.

import { createHash } from 'node:crypto';
import type { ReportDraft } from './complete.ts';
import { growTree, type StepNode } from './grow-tree.ts';
import type { ReportLimits } from './limits.ts';
import type { OpenStep, RecordOf, ReportRecord } from './records.ts';
import { assertWithin, Refusal } from './refusal.ts';
import { cutText, rollUp } from './rules.ts';
import type { Attachment } from './schema.ts';
import type { AttachmentBytes } from './stamp.ts';
import { assertCounts, assertExtensions, assertMeasurements, assertStep } from './tree.ts';

type Head = RecordOf<'start'>['report'];
type Failure = NonNullable<Head['repair']>['failures'][number];

/** A report that takes records until it is finished. */
export type OpenDraft = {
  readonly head: Head;
  readonly nodes: readonly StepNode[];
  readonly attachments: readonly Attachment[];
  readonly attachmentBytes: ReadonlyMap<string, Uint8Array>;
  readonly warnings: readonly string[];
  readonly isFinished: boolean;
  readonly r: number;
  /**
   * Take one record of this report.
   *
   * @throws {Refusal} naming the step's path.
   */
  readonly add: (
    record: Exclude<ReportRecord, { kind: 'start' }>,
    facts: { readonly bytes: number; readonly attached: Uint8Array | null },
  ) => void;
};

type State = {
  readonly r: number;
  readonly limits: ReportLimits;
  readonly head: Head;
  readonly nodes: StepNode[];
  readonly attachments: Attachment[];
  readonly attachmentBytes: Map<string, Uint8Array>;
  readonly warnings: string[];
  attachmentCount: number;
  bytes: number;
  isFinished: boolean;
};

/** Longest name of an attachment; file names on disk come from its hash. Source: sandbox.md 5. */
const LONGEST_ATTACHMENT_NAME = 100;

function pathOf(state: State, id: number | null): string {
  if (id === null) return `report ${state.r}`;
  const name = state.nodes[id]?.step.name;
  return `report ${state.r}, step ${id}${name === undefined ? '' : ` "${cutText(name, 100)}"`}`;
}

function nodeAt(state: State, id: number): StepNode {
  const node = state.nodes[id];
  if (node === undefined) throw new Refusal(`${pathOf(state, null)}: has no step ${id}`);
  return node;
}

function addNode(state: State, step: OpenStep, parent: StepNode | null, parentId: number): void {
  const { nodes, limits } = state;
  const depth = (parent?.depth ?? 0) + 1;
  const path = `report ${state.r}, step ${nodes.length} "${cutText(step.name, 100)}"`;
  assertWithin(path, { limit: 'depth', used: depth, allowed: limits.depth });
  assertWithin(path, { limit: 'steps', used: nodes.length + 1, allowed: limits.steps });
  assertStep(step, path, limits);
  nodes.push({ step, parent: parentId, depth, attachments: [] });
}

function addStep(state: State, record: RecordOf<'step'>): void {
  if (record.id !== state.nodes.length) throw new Refusal(`${pathOf(state, null)}: step ${record.id} is out of order`);
  addNode(state, record.step, nodeAt(state, record.parent), record.parent);
}

/** Push without spreading: a list may be longer than a call may have arguments. */
function append<T>(target: T[], items: readonly T[] | undefined): void {
  for (const item of items ?? []) target.push(item);
}

function addValues({ series }: OpenStep, values: NonNullable<RecordOf<'more'>['values']>, path: string): void {
  const curve: { values: (number | null)[]; x?: (number | null)[] | null } | undefined =
    values.curve === null ? series?.x : series?.y[values.curve];
  if (curve === undefined) throw new Refusal(`${path}: has no curve ${values.curve ?? 'x'}`);
  if (values.axis === 'values') append(curve.values, values.numbers);
  else if (curve.x) append(curve.x, values.numbers);
  else throw new Refusal(`${path}: curve ${values.curve ?? 'x'} has no x values of its own`);
}

function moreOfStep(state: State, record: RecordOf<'more'>, id: number): void {
  const { step } = nodeAt(state, id);
  const path = pathOf(state, id);
  if (record.outcome !== undefined) step.outcome = record.outcome;
  if (record.durationS !== undefined) step.durationS = record.durationS;
  if (record.error !== undefined) step.error = record.error;
  if (record.text !== undefined) step.text = (step.text ?? '') + record.text;
  assertMeasurements(record.measurements ?? [], path, step.measurements.length);
  append(step.measurements, record.measurements);
  if (record.values !== undefined) addValues(step, record.values, path);
  assertCounts(step, path, state.limits);
}

function toFailure(failure: Omit<Failure, 'attachments'>): Failure {
  return { ...failure, attachments: [] };
}

function moreOfReport(state: State, record: RecordOf<'more'>): void {
  const { head } = state;
  append(head.misc, record.misc);
  append(head.assets, record.assets);
  append(head.unit.subUnits, record.subUnits);
  append(state.warnings, record.warnings);
  if (record.failures === undefined) return;
  if (head.repair === null) throw new Refusal(`${pathOf(state, null)}: is no repair, and has failures`);
  append(head.repair.failures, record.failures.map(toFailure));
}

function attachmentsOf(state: State, record: RecordOf<'attach'>): Attachment[] {
  if (record.failure === null) return record.step === null ? state.attachments : nodeAt(state, record.step).attachments;
  const failure = state.head.repair?.failures[record.failure];
  if (failure === undefined) throw new Refusal(`${pathOf(state, null)}: has no failure ${record.failure}`);
  return failure.attachments;
}

/** Control and direction characters, which could disguise a name where it is shown. */
const DECEPTIVE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

function addAttachment(state: State, record: RecordOf<'attach'>, attached: Uint8Array | null): void {
  const path = pathOf(state, record.step);
  if ((attached === null) === (record.path === null)) {
    throw new Refusal(`${path}: an attachment needs either bytes or a path`);
  }
  state.attachmentCount += 1;
  assertWithin(path, { limit: 'attachments', used: state.attachmentCount, allowed: state.limits.attachments });
  const sha256 = attached === null ? null : createHash('sha256').update(attached).digest('hex');
  attachmentsOf(state, record).push({
    name: cutText(record.name.replace(DECEPTIVE, '_'), LONGEST_ATTACHMENT_NAME),
    mediaType: record.mediaType,
    description: record.description,
    bytes: attached?.length ?? null,
    sha256,
    path: record.path,
  });
  if (attached === null || sha256 === null) return;
  state.bytes += attached.length;
  state.attachmentBytes.set(sha256, attached);
}

function finish(state: State, record: RecordOf<'finish'>): void {
  const { head } = state;
  if (record.outcome !== null) head.outcome = record.outcome;
  if (record.startedAt !== undefined) head.startedAt = record.startedAt;
  if (record.durationS !== undefined) head.durationS = record.durationS;
  if (record.error !== undefined) head.error = record.error;
  if (record.comment !== undefined) head.comment = record.comment;
  state.isFinished = true;
}

function addRecord(
  state: State,
  record: Exclude<ReportRecord, { kind: 'start' }>,
  { bytes, attached }: { readonly bytes: number; readonly attached: Uint8Array | null },
): void {
  if (state.isFinished) throw new Refusal(`${pathOf(state, null)}: is finished and takes no "${record.kind}"`);
  state.bytes += bytes;
  switch (record.kind) {
    case 'step':
      addStep(state, record);
      break;
    case 'more':
      if (record.step === null) moreOfReport(state, record);
      else moreOfStep(state, record, record.step);
      break;
    case 'attach':
      addAttachment(state, record, attached);
      break;
    case 'finish':
      finish(state, record);
      break;
    default:
      record satisfies never;
  }
  assertWithin(pathOf(state, null), { limit: 'report', used: state.bytes, allowed: state.limits.report });
}

/**
 * Open a report.
 *
 * @param record - Its start.
 * @param facts - Limits, and the bytes of the record.
 * @throws {Refusal} for a root or extensions that cannot be.
 */
export function openDraft(
  { r, report }: RecordOf<'start'>,
  { limits, bytes }: { readonly limits: ReportLimits; readonly bytes: number },
): OpenDraft {
  const state: State = {
    r,
    limits,
    head: report,
    nodes: [],
    attachments: [],
    attachmentBytes: new Map(),
    warnings: [],
    attachmentCount: 0,
    bytes,
    isFinished: false,
  };
  addNode(state, report.root, null, 0);
  assertExtensions(report.extensions, `report ${r}`, limits);
  return Object.assign(state, {
    add: (...given: Parameters<OpenDraft['add']>) => addRecord(state, ...given),
  });
}

/**
 * The whole report, once it is finished.
 *
 * @param draft - A report of a conversion.
 * @throws {Refusal} when it was not finished.
 */
export function makeDraft(draft: OpenDraft): ReportDraft {
  const { head, r } = draft;
  if (!draft.isFinished) throw new Refusal(`report ${r}: was started and not finished`);
  const root = growTree(draft.nodes);
  const { fileId, key, root: _root, attachments: _none, outcome, ...rest } = head;
  const { kind, ...others } = rest;
  return {
    kind,
    outcome: outcome ?? rollUp([root.outcome]),
    ...others,
    root,
    attachments: [...draft.attachments],
    fileId,
    key: key ?? String(r),
    warnings: draft.warnings,
    attachmentBytes: [...draft.attachmentBytes].map(([sha256, bytes]): AttachmentBytes => ({ sha256, bytes })),
  };
}
