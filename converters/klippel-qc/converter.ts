// The log of Klippel QC to a report: the main file with its settings and verdicts, its folder with curves and values.

import {
  type ConverterInput,
  defineConverter,
  type MiscInput,
  type ReportBuilder,
  type ReportInput,
  type SequenceBuilder,
} from 'airlock/converter';
import {
  readOverall,
  readSetting,
  readSettings,
  readStart,
  readVerdicts,
  type Settings,
  type Verdict,
} from './settings.ts';
import { addTable, readTableName, type TableOptions } from './tables.ts';

type Arguments = Readonly<Record<string, unknown>>;

/** Settings that have a place of their own in the report. */
const USED: readonly string[] = [
  'Cfg_DutStartTime',
  'Cfg_PCName',
  'Cfg_SerialNumber',
  'Cfg_UserName',
  'Ctrl_ErrorGeneral',
  'Ctrl_OverallVerdict',
  'Results_Pass',
  'Results_Fail',
  'Results_Warning',
  'Results_Void',
  'Results_Noise',
  'Results_Invalid',
];
const MOST_NOTES = 1_000;

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function readNotes(settings: Settings): readonly MiscInput[] {
  const notes = [...settings].filter(([name, value]) => value !== '' && name !== '' && !USED.includes(name));
  return notes
    .slice(0, MOST_NOTES)
    .map(([name, value]) => ({ name: name.slice(0, 8_192), text: value.slice(0, 8_192) }));
}

/** The test is what its database is called. */
function nameOfTest(settings: Settings): string {
  const path = readSetting(settings, 'Cfg_DatabasePath') ?? '';
  const base = path.slice(Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/')) + 1).replace(/\.[^.]*$/, '');
  return base === '' ? 'Klippel QC' : base;
}

function readHead(settings: Settings, given: Arguments, startedAt: string | null): ReportInput {
  const { outcome, word } = readOverall(settings);
  return {
    outcome,
    partNumber: textOf(given['partNumber']),
    serialNumber: readSetting(settings, 'Cfg_SerialNumber') ?? textOf(given['serialNumber']),
    revision: textOf(given['revision']),
    process: { code: typeof given['process'] === 'number' ? given['process'] : null },
    station: { name: readSetting(settings, 'Cfg_PCName') },
    operator: readSetting(settings, 'Cfg_UserName'),
    startedAt,
    error: { message: readSetting(settings, 'Ctrl_ErrorGeneral') },
    root: { name: nameOfTest(settings), nativeType: 'Klippel QC', outcome, nativeOutcome: word },
    misc: readNotes(settings),
  };
}

type Folder = Omit<TableOptions, 'takeVerdict'> & { readonly verdicts: ReadonlyMap<string, Verdict> };

/** @returns Names of the results whose verdict was told. */
function addFolder(
  report: ReportBuilder,
  companions: ConverterInput['companions'],
  folder: Folder,
): ReadonlySet<string> {
  const tasks = new Map<string, SequenceBuilder>();
  const told = new Set<string>();
  const takeVerdict = (name: string): Verdict | null => {
    told.add(name);
    return folder.verdicts.get(name) ?? null;
  };
  for (const file of companions) {
    const { task } = readTableName(file.name);
    const sequence = tasks.get(task) ?? report.sequence({ name: task, nativeType: 'task' });
    tasks.set(task, sequence);
    addTable(sequence, file, { ...folder, takeVerdict });
  }
  return told;
}

function addRest(report: ReportBuilder, verdicts: ReadonlyMap<string, Verdict>, told: ReadonlySet<string>): void {
  for (const [name, { outcome, word }] of verdicts) {
    if (told.has(name)) continue;
    report.step({ name, nativeType: 'result', kind: 'boolean', outcome, nativeOutcome: word });
  }
}

export default defineConverter({
  probe(head) {
    const words = ['Cfg_', 'Ctrl_OverallVerdict=', 'Results_Pass='].filter((word) => head.text.includes(word));
    return words.length === 3 ? 0.95 : words.length === 2 ? 0.6 : 0;
  },
  convert(input, reports, context) {
    const settings = readSettings(input.lines());
    const zone = textOf(context.arguments['timeZone']) ?? 'UTC';
    const { time, isZoneAssumed } = readStart(readSetting(settings, 'Cfg_DutStartTime') ?? '', zone);
    const report = reports.start(readHead(settings, context.arguments, time));
    if (time === null) report.warn('startedAt: the file has no time that can be read');
    if (isZoneAssumed) report.warn(`zone_assumed: the time is read as ${zone}`);
    if (input.companions.length === 0) report.warn('companions: no file of curves or values came with the log');
    const verdicts = readVerdicts(settings);
    const decimal = context.arguments['decimal'] === ',' ? ',' : '.';
    const told = addFolder(report, input.companions, { verdicts, decimal, warn: report.warn });
    addRest(report, verdicts, told);
    report.finish();
  },
});
