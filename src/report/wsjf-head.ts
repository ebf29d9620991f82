// What stands above the steps of a WSJF report: identity, test or repair, notes.

import type { CanonicalReport } from './schema.ts';
import { writeAssets, writeMisc, writeRepairedUnits, writeSubUnits } from './wsjf-lists.ts';
import { compact, extraAt, type Extra, fit, type Notes, pickExtra, STATUS } from './wsjf-words.ts';

const KEPT_UUT = [
  'testSocketIndexFormat',
  'errorCodeFormat',
  'batchFailCount',
  'batchFailCountFormat',
  'batchLoopIndex',
  'batchLoopIndexFormat',
  'stepIdCausedUUTFailure',
];
const KEPT_UUR = ['active', 'parent', 'testOperationCode', 'testOperationName', 'testOperationGuid'];

function orDash(text: string | null, path: string, { warnings }: Notes): string {
  if (text !== null && text.trim() !== '') return text;
  warnings.push(`${path}: missing, sent as "-"`);
  return '-';
}

function runOf(report: CanonicalReport, notes: Notes): Extra {
  return {
    user: fit(report.operator ?? '', 100, { ...notes, path: 'operator' }),
    comment: fit(report.comment, 5_000, { ...notes, path: 'comment' }),
    execTime: report.durationS,
  };
}

function errorOf({ error }: CanonicalReport): Extra {
  const { code, message } = error;
  if (code === null) return { errorMessage: message };
  const number = Number(code);
  if (Number.isSafeInteger(number) && code !== '') return { errorCode: number, errorMessage: message };
  return { errorMessage: message === null ? String(code) : `${code}: ${message}` };
}

function socketOf({ socket }: CanonicalReport['station']): number | null {
  if (socket === null || socket === '') return null;
  const number = Number(socket);
  return Number.isSafeInteger(number) ? number : null;
}

function writeTest(report: CanonicalReport, extra: Extra, notes: Notes): Extra {
  const { station, unit } = report;
  const uut = compact({
    ...runOf(report, notes),
    fixtureId: fit(station.fixture, 100, { ...notes, path: 'station.fixture' }),
    testSocketIndex: socketOf(station),
    batchSN: fit(unit.batch, 100, { ...notes, path: 'unit.batch' }),
    ...errorOf(report),
    ...pickExtra(extraAt(extra, 'uut'), KEPT_UUT),
  });
  return { type: 'T', uut, subUnits: writeSubUnits(unit, extra, notes) };
}

function writeRepair(report: CanonicalReport, extra: Extra, notes: Notes): Extra {
  const { repair } = report;
  const uur = compact({
    ...runOf(report, notes),
    processCode: repair?.testProcess?.code,
    processName: repair?.testProcess?.name,
    refUUT: repair?.refReport,
    confirmDate: repair?.confirmedAt,
    finalizeDate: repair?.finalizedAt,
    ...pickExtra(extraAt(extra, 'uur'), KEPT_UUR),
  });
  if (report.root.steps.length > 0) notes.warnings.push('root: the steps of a repair are not sent');
  return { type: 'R', uur, subUnits: writeRepairedUnits(report, extra, notes) };
}

/** Notes that say what has no place of its own on the server. */
function ownNotes({ startedAt, station }: CanonicalReport): readonly Extra[] {
  const notes: Extra[] = [];
  if (startedAt === null) notes.push({ description: 'Start time', text: 'Not in the file: time of receipt' });
  if (station.socket !== null && socketOf(station) === null) {
    notes.push({ description: 'Socket', text: String(station.socket).slice(0, 100) });
  }
  return notes;
}

function listOrNull(list: readonly Extra[]): readonly Extra[] | null {
  return list.length === 0 ? null : list;
}

/**
 * Write everything but the steps and the attachments. Unchecked: the caller checks the whole.
 *
 * @param report - With its identity complete.
 * @param receivedAt - RFC 3339; stands in for a missing start.
 * @param notes - Takes the warnings.
 */
export function writeHead(report: CanonicalReport, receivedAt: string, notes: Notes): Record<string, unknown> {
  const { unit, station, process } = report;
  const extra = extraAt(report.extensions, 'wsjf');
  if (report.startedAt === null) notes.warnings.push('startedAt: missing, sent as the time of receipt');
  const additionalData = extra['additionalData'];
  return compact({
    id: report.id,
    pn: unit.partNumber,
    sn: unit.serialNumber,
    rev: orDash(unit.revision, 'unit.revision', notes),
    processCode: process.code,
    result: STATUS[report.outcome],
    machineName: orDash(station.name, 'station.name', notes),
    location: orDash(station.location, 'station.location', notes),
    purpose: orDash(station.purpose, 'station.purpose', notes),
    start: report.startedAt ?? receivedAt,
    ...(report.kind === 'test' ? writeTest(report, extra, notes) : writeRepair(report, extra, notes)),
    miscInfos: listOrNull([...writeMisc(report.misc, extra, notes), ...ownNotes(report)]),
    assets: listOrNull(writeAssets(report.assets, extra, notes)),
    additionalData: Array.isArray(additionalData) && additionalData.length > 0 ? additionalData : null,
  });
}
