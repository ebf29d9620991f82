// One test record to a report.

import type { AttachmentInput, ErrorInput, MiscInput, ReportBuilder, ReportInput, Reports } from 'airlock/converter';
import { isTooDeep } from './json.ts';
import { writeLog } from './log.ts';
import { addPhases } from './phases.ts';
import { type Fields, type Json, readDuration, readList, readObject, readOutcome, readText, readTime } from './read.ts';

/** What fills gaps of the file, and where it may have them. */
export type Gaps = {
  readonly partNumber: string | null;
  readonly partNumberField: string | null;
  readonly serialNumber: string | null;
  readonly revision: string | null;
  readonly revisionField: string | null;
  readonly process: number | null;
};

/** Fields of a record that the report has no place for. */
const KEPT = ['branches', 'checkpoints', 'diagnosers', 'diagnoses'] as const;
/** Characters of JSON that one kept field may have; longer ones become attachments. */
const LONGEST_KEPT = 12_000;
/** All kept fields together: a record of a report holds 64 KiB. */
const LONGEST_EXTENSION = 16_000;
/** Lists and objects inside each other that are kept; a record holds 64, its own included. */
const DEEPEST_KEPT = 50;
/** A report has room for 100; some are left for what the record itself attaches. */
const MOST_PHASE_ATTACHMENTS = 80;

type Kept = { readonly extension: Record<string, Json>; readonly attachments: AttachmentInput[] };

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function keep(fields: readonly (readonly [string, unknown])[]): Kept {
  const kept: Kept = { extension: {}, attachments: [] };
  let length = 0;
  for (const [name, value] of fields.filter(([, held]) => !isEmpty(held)).slice(0, 10)) {
    const text = JSON.stringify(value);
    length += text.length;
    const isKept = text.length <= LONGEST_KEPT && length <= LONGEST_EXTENSION && !isTooDeep(value, DEEPEST_KEPT);
    if (isKept) kept.extension[name] = value as Json;
    else kept.attachments.push({ name: `${name.slice(0, 200)}.json`, mediaType: 'application/json', text });
  }
  return kept;
}

function readError(record: Fields): ErrorInput {
  const details = readList(record['outcome_details']).map(readObject);
  const message = details
    .map(({ code, description }) => [readText(code), readText(description)].filter((part) => part !== null).join(': '))
    .join('\n')
    .slice(0, LONGEST_KEPT);
  return { code: readText(details[0]?.['code']), message: message === '' ? null : message };
}

function readMisc(record: Fields, metadata: Fields): readonly MiscInput[] {
  const notes = Object.entries(metadata).flatMap(([name, value]): MiscInput[] => {
    const text = readText(value);
    if (text === null || name === '') return [];
    return [
      { name: name.slice(0, 200), text, number: typeof value === 'number' && Number.isFinite(value) ? value : null },
    ];
  });
  const { name, docstring } = readObject(record['code_info']);
  const code: MiscInput[] = [
    { name: 'code_info.name', text: readText(name) },
    { name: 'code_info.docstring', text: readText(docstring) },
    { name: 'marginal', text: record['marginal'] === true ? 'true' : null },
  ];
  return [...notes.slice(0, 1_000), ...code.filter(({ text }) => text !== null)];
}

function readField(metadata: Fields, field: string | null): string | null {
  return field !== null && Object.hasOwn(metadata, field) ? readText(metadata[field]) : null;
}

function readHead(record: Fields, metadata: Fields, gaps: Gaps): ReportInput {
  const outcome = readOutcome(record['outcome']);
  const word = readText(record['outcome']);
  return {
    outcome,
    partNumber: readField(metadata, gaps.partNumberField) ?? gaps.partNumber,
    serialNumber: readText(record['dut_id']) ?? gaps.serialNumber,
    revision: readField(metadata, gaps.revisionField) ?? gaps.revision,
    process: { code: gaps.process },
    station: { name: readText(record['station_id']) },
    startedAt: readTime(record['start_time_millis']),
    durationS: readDuration(record),
    error: readError(record),
    misc: readMisc(record, metadata),
    root: {
      name: readText(metadata['test_name']) ?? 'openhtf_test',
      nativeType: 'Test',
      outcome,
      nativeOutcome: word === 'TIMEOUT' ? word : null,
    },
  };
}

function readKept(record: Fields, metadata: Fields): Kept {
  const objects = Object.entries(metadata).filter(([, value]) => typeof value === 'object');
  return keep([...objects, ...KEPT.map((name) => [name, record[name]] as const)]);
}

function addAttachments(report: ReportBuilder, record: Fields, kept: Kept): void {
  for (const attachment of kept.attachments) report.attach(attachment);
  const { sourcecode } = readObject(record['code_info']);
  if (typeof sourcecode === 'string' && sourcecode !== '') report.attach({ name: 'source.py', text: sourcecode });
  const text = writeLog(record, report.warn);
  if (text !== null) report.attach({ name: 'log.txt', text });
}

/**
 * Report one test record.
 *
 * @param record - The record.
 * @param reports - The builder.
 * @param gaps - What the file may lack.
 */
export function addReport(record: Fields, reports: Reports, gaps: Gaps): void {
  const metadata = readObject(record['metadata']);
  const kept = readKept(record, metadata);
  const head = readHead(record, metadata, gaps);
  const extensions = Object.keys(kept.extension).length === 0 ? null : { openhtf: kept.extension };
  const report = reports.start({ ...head, extensions });
  if (head.startedAt === null) report.warn('startedAt: the file has no time that can be read');
  let warnings = 0;
  let attachments = 0;
  addPhases(report, record, {
    needsValues: readObject(metadata['config'])['allow_unset_measurements'] !== true,
    warn: (warning) => {
      warnings += 1;
      if (warnings <= 100) report.warn(warning.slice(0, 1_000));
    },
    takeAttachment: () => {
      attachments += 1;
      return attachments <= MOST_PHASE_ATTACHMENTS;
    },
  });
  addAttachments(report, record, kept);
  report.finish();
}
