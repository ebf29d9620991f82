// From a draft to the report that is stored: id, station, texts that the server would not take, source, size.

import { isUuid, makeUuidV5 } from '../core/ids.ts';
import type { ReportLimits } from './limits.ts';
import { assertWithin, Refusal } from './refusal.ts';
import { cutText, LONGEST_IDENTITY } from './rules.ts';
import { type CanonicalReport, REPORT_SCHEMA } from './schema.ts';
import type { AssembledReport, AttachmentBytes, ReportStamp } from './stamp.ts';
import { type Contradictions, type GrowingStep, settleSteps } from './tree.ts';

/** A report that is whole but for what the daemon adds. */
export type ReportDraft = Omit<CanonicalReport, 'schema' | 'id' | 'source' | 'root'> & {
  readonly root: GrowingStep;
  /** The file's own id; anything but a UUID counts as none. */
  readonly fileId: string | null;
  /** What tells it from the others of the same submission. */
  readonly key: string;
  readonly warnings: readonly string[];
  readonly attachmentBytes: readonly AttachmentBytes[];
};

/** More warnings than these are only counted. */
const MOST_WARNINGS = 100;

type Texts = { -readonly [Key in 'partNumber' | 'serialNumber' | 'revision']: string | null };

function makeReportId(draft: ReportDraft, { submissionId }: ReportStamp): string {
  const own =
    draft.fileId
      ?.trim()
      .replace(/^\{(.*)\}$/, '$1')
      .toLowerCase() ?? '';
  if (isUuid(own)) return own;
  return makeUuidV5(submissionId, `${draft.kind}/${draft.process.code ?? ''}/${draft.key}`);
}

const blankToNull = (text: string | null): string | null => (text === null || text.trim() === '' ? null : text);

function makeCutter(limits: ReportLimits, warnings: string[]) {
  return (text: string | null, path: string): string | null => {
    const given = blankToNull(text);
    if (given === null || given.length <= LONGEST_IDENTITY) return given;
    if (limits.tooLong === 'reject')
      throw new Refusal(`${path}: ${given.length} characters, at most ${LONGEST_IDENTITY}`);
    warnings.push(`${path}: cut from ${given.length} to ${LONGEST_IDENTITY} characters: "${cutText(given, 1_000)}"`);
    return cutText(given, LONGEST_IDENTITY);
  };
}

type Cut = ReturnType<typeof makeCutter>;

function cutIdentity<T extends Texts>(unit: T, path: string, cut: Cut): T {
  return {
    ...unit,
    partNumber: cut(unit.partNumber, `${path}.partNumber`),
    serialNumber: cut(unit.serialNumber, `${path}.serialNumber`),
    revision: cut(unit.revision, `${path}.revision`),
  };
}

function fillStation(station: CanonicalReport['station'], given: ReportStamp['station'], cut: Cut) {
  const choose = (own: string | null, ours: string): string | null => {
    const filler = blankToNull(ours);
    if (given.apply === 'never') return blankToNull(own);
    return given.apply === 'always' ? (filler ?? blankToNull(own)) : (blankToNull(own) ?? filler);
  };
  const name = given.isNameFromReport ? blankToNull(station.name) : choose(station.name, given.name);
  if (given.isNameFromReport && name === null)
    throw new Refusal('station.name: is missing, and nothing else may fill it');
  return {
    ...station,
    name: cut(name, 'station.name'),
    location: cut(choose(station.location, given.location), 'station.location'),
    purpose: cut(choose(station.purpose, given.purpose), 'station.purpose'),
  };
}

function capWarnings(given: readonly string[], found: Contradictions): string[] {
  const warnings = [...given, ...found.warnings];
  const left = warnings.length + found.more - MOST_WARNINGS;
  return left <= 0 ? warnings : [...warnings.slice(0, MOST_WARNINGS), `and ${left} more warnings`];
}

/** Trust: an empty item takes three bytes in a file and a hundred in a report. */
function assertItems({ unit, misc, assets, repair }: ReportDraft, limits: ReportLimits): void {
  const lists = { 'unit.subUnits': unit.subUnits, misc, assets, 'repair.failures': repair?.failures ?? [] };
  for (const [path, { length }] of Object.entries(lists))
    assertWithin(path, { limit: 'steps', used: length, allowed: limits.steps });
}

/** An escape in JSON text; those of half characters are the only ones that begin with `ud`. */
const ESCAPE = /\\(?:ud[0-9a-f]{3}|.)/g;

/** Half characters, which many readers of JSON refuse, become U+FFFD: nobody cuts a text inside a character on purpose. */
function toWellFormedJson(json: string): string {
  if (!json.includes('\\ud')) return json;
  return json.replace(ESCAPE, (escape) => (escape.startsWith('\\ud') ? '\ufffd' : escape));
}

function makeSource(stamp: ReportStamp, warnings: string[]): CanonicalReport['source'] {
  return {
    format: stamp.format,
    file: stamp.file.name,
    bytes: stamp.file.bytes,
    sha256: stamp.file.sha256,
    encoding: stamp.encoding,
    converter: stamp.converter,
    submittedBy: stamp.submittedBy,
    receivedAt: new Date(stamp.receivedAtUnixMs).toISOString(),
    host: stamp.host,
    warnings,
  };
}

/** What the daemon adds and cuts. The order of the keys is that of the stored text. */
function toCanonical(draft: ReportDraft, stamp: ReportStamp, limits: ReportLimits): CanonicalReport {
  const { fileId: _id, key: _key, warnings: given, attachmentBytes: _bytes, ...described } = draft;
  const { root, extensions, attachments, ...head } = described;
  const warnings = [...given];
  const cut = makeCutter(limits, warnings);
  const unit = cutIdentity(head.unit, 'unit', cut);
  const subUnits = unit.subUnits.map((subUnit, index) => cutIdentity(subUnit, `unit.subUnits[${index}]`, cut));
  const station = fillStation(head.station, stamp.station, cut);
  const contradictions = settleSteps(root, MOST_WARNINGS);
  return {
    schema: REPORT_SCHEMA,
    id: makeReportId(draft, stamp),
    ...head,
    unit: { ...unit, subUnits },
    station,
    root,
    attachments,
    source: makeSource(stamp, capWarnings(warnings, contradictions)),
    extensions,
  };
}

/**
 * Complete a report.
 *
 * @param draft - Checked by its schema, step by step.
 * @param stamp - What the daemon knows.
 * @param limits - `tooLong`, and the size of the whole.
 * @throws {Refusal} for a text that is too long and may not be cut, a missing station name, or a report over its size.
 */
function completeReport(draft: ReportDraft, stamp: ReportStamp, limits: ReportLimits): AssembledReport {
  const { attachmentBytes } = draft;
  // Order: before anything is copied.
  assertItems(draft, limits);
  const report = toCanonical(draft, stamp, limits);
  const body = toWellFormedJson(JSON.stringify(report));
  const attached = attachmentBytes.reduce((sum, { bytes }) => sum + bytes.length, 0);
  assertWithin('report', { limit: 'report', used: Buffer.byteLength(body) + attached, allowed: limits.report });
  const { id, kind, outcome, unit, source } = report;
  return {
    reportId: id,
    kind,
    outcome,
    partNumber: unit.partNumber,
    serialNumber: unit.serialNumber,
    body,
    warnings: source.warnings,
    attachments: attachmentBytes,
  };
}

/**
 * Complete all reports of one submission, or none.
 *
 * @param drafts - In the order of the file.
 * @throws {Refusal} also when two of them have the same id.
 */
export function completeReports(
  drafts: readonly ReportDraft[],
  stamp: ReportStamp,
  limits: ReportLimits,
): readonly AssembledReport[] {
  const seen = new Map<string, number>();
  return drafts.map((draft, index) => {
    const report = completeReport(draft, stamp, limits);
    const twin = seen.get(report.reportId);
    if (twin !== undefined) throw new Refusal(`report ${index} has the same id as report ${twin}: ${report.reportId}`);
    seen.set(report.reportId, index);
    return report;
  });
}
