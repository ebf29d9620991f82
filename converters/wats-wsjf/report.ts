// One WSJF report: what stands above its steps.

import type { FailureInput, ReportInput, Reports, SubUnitInput } from 'airlock/converter';
import {
  byIndex,
  type Fields,
  readInteger,
  readList,
  readNumber,
  readObject,
  readShort,
  readText,
  type Rest,
  restOf,
  toExtension,
} from './read.ts';
import { addSteps, readAttachments, readStep, type StepReading } from './steps.ts';
import { isRepair, makeTimeReader, readResult, type TimeReader } from './words.ts';

/** What fills gaps of the file. */
export type Gaps = {
  readonly partNumber: string | null;
  readonly serialNumber: string | null;
  readonly revision: string | null;
  readonly process: number | null;
  readonly timeZone: string;
};

const USED = [
  'type',
  'id',
  'pn',
  'sn',
  'rev',
  'processCode',
  'processName',
  'result',
  'machineName',
  'location',
  'purpose',
  'start',
  'uut',
  'uur',
  'root',
  'subUnits',
  'miscInfos',
  'assets',
  'binaryData',
];
const USED_UUT = [
  'user',
  'comment',
  'execTime',
  'fixtureId',
  'testSocketIndex',
  'errorCode',
  'errorMessage',
  'batchSN',
];
const USED_UUR = ['user', 'comment', 'execTime', 'processCode', 'processName', 'refUUT', 'confirmDate', 'finalizeDate'];
const USED_SUB_UNIT = ['pn', 'sn', 'rev', 'partType', 'idx', 'parentIdx', 'failures'];
const USED_FAILURE = [
  'category',
  'code',
  'comment',
  'comRef',
  'funcBlock',
  'refStepId',
  'artNumber',
  'artRev',
  'artVendor',
  'artDescription',
];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function readSubUnit(fields: Fields): SubUnitInput {
  return {
    index: readInteger(fields['idx']),
    parent: readInteger(fields['parentIdx']),
    type: readShort(fields['partType']),
    partNumber: readShort(fields['pn']),
    serialNumber: readShort(fields['sn']),
    revision: readShort(fields['rev']),
  };
}

function readArticle(fields: Fields): FailureInput['article'] {
  const article = {
    number: readShort(fields['artNumber']),
    revision: readShort(fields['artRev']),
    vendor: readShort(fields['artVendor']),
    description: readShort(fields['artDescription']),
  };
  return Object.values(article).every((value) => value === null) ? null : article;
}

function readFailure(fields: Fields, subUnit: number): FailureInput {
  return {
    category: readShort(fields['category']),
    code: readShort(fields['code']),
    componentRef: readShort(fields['comRef']),
    functionBlock: readShort(fields['funcBlock']),
    refStepId: readInteger(fields['refStepId']),
    subUnit,
    article: readArticle(fields),
    comment: readText(fields['comment']),
  };
}

type FoundFailure = { readonly failure: FailureInput; readonly rest: Rest };

function readFailures(subUnits: readonly Fields[]): readonly FoundFailure[] {
  return subUnits.flatMap((fields) => {
    const index = Math.max(0, readInteger(fields['idx']) ?? 0);
    return readList(fields['failures']).map((failure) => ({
      failure: readFailure(failure, index),
      rest: restOf(failure, USED_FAILURE),
    }));
  });
}

function readMisc(fields: Fields): NonNullable<ReportInput['misc']>[number] {
  const number = readNumber(fields['numeric']);
  return { name: readShort(fields['description']) ?? '-', text: readText(fields['text']), number };
}

function readAsset(fields: Fields): NonNullable<ReportInput['assets']>[number] {
  const usage = readInteger(fields['usageCount']);
  return { serialNumber: readShort(fields['sn']) ?? '-', type: readShort(fields['assetType']), usage };
}

function readTest(fields: Fields): ReportInput {
  const uut = readObject(fields['uut']);
  return {
    kind: 'test',
    operator: readShort(uut['user']),
    comment: readText(uut['comment']),
    durationS: readNumber(uut['execTime']),
    batch: readShort(uut['batchSN']),
    error: { code: readInteger(uut['errorCode']), message: readText(uut['errorMessage']) },
  };
}

function readRepair(fields: Fields, readTime: TimeReader): ReportInput {
  const uur = readObject(fields['uur']);
  const refReport = readText(uur['refUUT']);
  return {
    kind: 'repair',
    operator: readShort(uur['user']),
    comment: readText(uur['comment']),
    durationS: readNumber(uur['execTime']),
    repair: {
      refReport: refReport !== null && UUID.test(refReport) ? refReport.toLowerCase() : null,
      testProcess: { code: readInteger(uur['processCode']), name: readShort(uur['processName']) },
      confirmedAt: readTime(uur['confirmDate']),
      finalizedAt: readTime(uur['finalizeDate']),
      failures: readFailures(readList(fields['subUnits'])).map(({ failure }) => failure),
    },
  };
}

function keepRest(fields: Fields): Rest {
  const subUnits = readList(fields['subUnits']);
  return {
    ...restOf(fields, USED),
    uut: restOf(readObject(fields['uut']), USED_UUT),
    uur: restOf(readObject(fields['uur']), USED_UUR),
    subUnits: byIndex(subUnits.map((subUnit) => restOf(subUnit, USED_SUB_UNIT))),
    failures: byIndex(readFailures(subUnits).map(({ rest }) => rest)),
    misc: byIndex(readList(fields['miscInfos']).map((note) => restOf(note, ['description', 'text', 'numeric']))),
    assets: byIndex(readList(fields['assets']).map((asset) => restOf(asset, ['sn', 'assetType', 'usageCount']))),
  };
}

function readHead(fields: Fields, gaps: Gaps, reading: StepReading): ReportInput {
  const uut = readObject(fields['uut']);
  const kind = isRepair(fields['type']) ? readRepair(fields, reading.readTime) : readTest(fields);
  return {
    ...kind,
    fileId: readShort(fields['id'], 200),
    outcome: readResult(fields['result']),
    partNumber: readShort(fields['pn']) ?? gaps.partNumber,
    serialNumber: readShort(fields['sn']) ?? gaps.serialNumber,
    revision: readShort(fields['rev']) ?? gaps.revision,
    process: { code: readInteger(fields['processCode']) ?? gaps.process, name: readShort(fields['processName']) },
    station: {
      name: readShort(fields['machineName']),
      location: readShort(fields['location']),
      purpose: readShort(fields['purpose']),
      fixture: readShort(uut['fixtureId']),
      socket: readInteger(uut['testSocketIndex']),
    },
    startedAt: reading.readTime(fields['start']) ?? reading.readTime(fields['startUTC']),
    subUnits: readList(fields['subUnits']).map(readSubUnit),
    misc: readList(fields['miscInfos']).map(readMisc),
    assets: readList(fields['assets']).map(readAsset),
    extensions: toExtension(keepRest(fields), reading.warn),
  };
}

/**
 * Report one WSJF document.
 *
 * @param fields - The document.
 * @param reports - The builder.
 * @param gaps - What the file may lack.
 */
export function addReport(fields: Fields, reports: Reports, gaps: Gaps): void {
  const warnings = new Set<string>();
  const warn = (warning: string): void => void warnings.add(warning.slice(0, 1_000));
  const readTime = makeTimeReader(gaps.timeZone, () =>
    warn(`zone_assumed: times without a zone are read as ${gaps.timeZone}`),
  );
  const reading: StepReading = { readTime, warn };
  const head = readHead(fields, gaps, reading);
  const top = readObject(fields['root']);
  const root = Object.keys(top).length === 0 ? null : readStep(top, reading);
  const attachments = readList(fields['binaryData']).flatMap((binary) => readAttachments(binary, warn));
  const report = reports.start({ ...head, root: root?.input ?? null, attachments });
  if (root !== null) addSteps(report, root.children, reading);
  if (head.startedAt === null) warn('startedAt: the file has no time that can be read');
  for (const warning of warnings) report.warn(warning);
  report.finish();
}
