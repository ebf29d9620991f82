// NI TestStand XML reports: one report per unit, its results as steps.

import {
  BadInput,
  type ConverterContext,
  defineConverter,
  type Reports,
  SkipFile,
  xml,
  type XmlAttributes,
  type XmlReader,
} from 'airlock/converter';
import { makeBudget } from './attachments.ts';
import { type Gaps, readHead, readStart, type ReportProps } from './head.ts';
import { type Prop, readProp } from './props.ts';
import { addSteps, makeOrigin, type ReadStep, readStep, withTime } from './steps.ts';
import { type Outcome, readStatus } from './words.ts';

const MOST_REPORTS = 1_000;

function readGaps({ arguments: given }: ConverterContext): Gaps {
  const text = (name: string): string | null => {
    const value = given[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return {
    partNumber: text('partNumber'),
    serialNumber: text('serialNumber'),
    revision: text('revision'),
    process: typeof given['process'] === 'number' ? given['process'] : null,
    timeZone: text('timeZone') ?? 'UTC',
    decimal: given['decimal'] === ',' ? ',' : '.',
  };
}

type ReadReport = ReportProps & {
  readonly root: ReadStep | null;
  readonly line: number;
  readonly result: string | null;
};

function isRead(value: unknown): value is ReadStep {
  return typeof value === 'object' && value !== null && 'children' in value;
}

type Opened = { readonly attributes: XmlAttributes; readonly line: number };

/** Everything inside one `Report` or `TSReport`. */
function readReport(reader: XmlReader, opened: Opened, onResult: (result: Prop) => ReadStep): ReadReport {
  const props: Prop = { name: '', type: '', typeName: '', value: '', props: [], result: null };
  const info = new Map<string, string>();
  for (const event of reader) {
    if (event.kind === 'close') break;
    if (event.kind !== 'open') continue;
    if (event.name === 'Prop') props.props.push(readProp({ reader, onResult }, event));
    else {
      const { name, attributes } = reader.tree();
      if (name === 'ReportInfo') info.set(attributes['key'] ?? '', attributes['value'] ?? '');
    }
  }
  const root = props.props.map(({ result }) => result).find(isRead) ?? null;
  return { props, info, root, line: opened.line, result: opened.attributes['UUTResult'] ?? null };
}

type Verdict = { readonly outcome: Exclude<Outcome, 'skipped'>; readonly word: string | null };

/** The report's own word comes first; nothing skips a whole report. */
function verdictOf({ result }: ReadReport, root: ReadStep): Verdict {
  const told = result === null ? { outcome: root.outcome, word: null } : readStatus(result);
  const word = told.word ?? root.input.nativeOutcome ?? null;
  return { outcome: told.outcome === 'skipped' ? 'done' : told.outcome, word };
}

function addReport(read: ReadReport, reports: Reports, gaps: Gaps, warnings: Set<string>): void {
  const { root } = read;
  if (root === null) throw new BadInput('a report has no result of its main sequence', { line: read.line });
  const warn = (warning: string): void => void warnings.add(warning.slice(0, 1_000));
  const startedAt = readStart(read, gaps.timeZone, warn);
  if (startedAt === null) warn('startedAt: the file has no time that can be read');
  const origin = makeOrigin(startedAt, root);
  const { outcome, word } = verdictOf(read, root);
  const { durationS, error } = root.input;
  const report = reports.start({
    ...readHead(read, gaps),
    startedAt,
    durationS,
    outcome,
    error,
    root: { ...withTime(root, origin), startedAt, nativeOutcome: word },
  });
  addSteps(report, root.children, origin);
  for (const warning of warnings) report.warn(warning);
  report.finish();
}

/** A report on a batch names the reports of its units, which stand for themselves. */
const isUnit = ({ attributes }: Opened): boolean => (attributes['Type'] ?? 'UUT').toUpperCase() === 'UUT';

function convertAll(reader: XmlReader, reports: Reports, gaps: Gaps): { found: number; batches: number } {
  let found = 0;
  let batches = 0;
  for (const event of reader) {
    if (event.kind !== 'open' || event.name === 'Reports') continue;
    if (event.name !== 'Report' && event.name !== 'TSReport') {
      const place = { line: event.line };
      if (event.depth === 1)
        throw new BadInput(`this is no TestStand report: its root is <${event.name.slice(0, 100)}>`, place);
      reader.tree();
      continue;
    }
    if (!isUnit(event)) {
      batches += 1;
      const ignore = (): void => undefined;
      const reading = { decimal: gaps.decimal, warn: ignore, budget: makeBudget(ignore) };
      readReport(reader, event, (result) => readStep(result, reading));
      continue;
    }
    found += 1;
    if (found > MOST_REPORTS) throw new BadInput(`more than ${MOST_REPORTS} reports in one file`, { line: event.line });
    const warnings = new Set<string>();
    const warn = (warning: string): void => void warnings.add(warning.slice(0, 1_000));
    const reading = { decimal: gaps.decimal, warn, budget: makeBudget(warn) };
    const read = readReport(reader, event, (result) => readStep(result, reading));
    addReport(read, reports, gaps, warnings);
  }
  return { found, batches };
}

export default defineConverter({
  probe({ text }) {
    if (/<TSReport[\s>]/.test(text)) return 0.95;
    if (!/<Report\s+Type=['"](?:UUT|Batch)['"]/i.test(text)) return 0;
    return /<Prop\s+Name=/.test(text) ? 0.95 : 0.6;
  },
  convert(input, reports, context) {
    const { found, batches } = convertAll(xml(input), reports, readGaps(context));
    if (found > 0) return;
    throw new SkipFile(batches > 0 ? 'the file has only a report on a batch' : 'the file has no report');
  },
});
