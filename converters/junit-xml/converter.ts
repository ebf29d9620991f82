// JUnit XML to one report: suites are sequences, test cases are steps. Read forwards, so that a file may be large.

import {
  BadInput,
  type ConverterContext,
  defineConverter,
  type ReportBuilder,
  type Reports,
  type SequenceBuilder,
  SkipFile,
  type StepAdder,
  xml,
  type XmlAttributes,
  type XmlEvent,
  type XmlReader,
} from 'airlock/converter';
import { addCase } from './cases.ts';
import { makeNotes, type Notes } from './notes.ts';
import { type OutputBudget, toFiles } from './outputs.ts';
import { type Clock, readAttribute, readSeconds, readTimestamp } from './words.ts';

const ROOTS = ['testsuites', 'testsuite', 'testrun'];

/** A suite that is open. `builder`: the report for the file's root, else the suite's own sequence. */
type Suite = { readonly name: string; readonly adder: StepAdder; readonly builder: ReportBuilder | SequenceBuilder };

type Reading = {
  readonly reader: XmlReader;
  readonly clock: Clock;
  readonly budget: OutputBudget;
  readonly suites: Suite[];
  readonly notes: Notes;
  cases: number;
};

function readRoot(reader: XmlReader): { readonly name: string; readonly attributes: XmlAttributes } {
  for (const event of reader) {
    if (event.kind !== 'open') continue;
    if (ROOTS.includes(event.name)) return event;
    throw new BadInput(`this is no JUnit XML: its root is <${event.name.slice(0, 100)}>`, { line: event.line });
  }
  throw new BadInput('the XML has no element');
}

type Start = { readonly fileName: string; readonly root: XmlAttributes; readonly startedAt: string | null };

function startReport(reports: Reports, context: ConverterContext, { fileName, root, startedAt }: Start): ReportBuilder {
  const text = (name: string): string | null => {
    const value = context.arguments[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const process = context.arguments['process'];
  const durationS = readSeconds(root);
  return reports.start({
    partNumber: text('partNumber'),
    serialNumber: text('serialNumber'),
    revision: text('revision'),
    process: { code: typeof process === 'number' ? process : null },
    startedAt,
    durationS,
    root: { name: (readAttribute(root, 'name') ?? fileName).slice(0, 8_192), durationS, startedAt },
  });
}

function openSuite(reading: Reading, attributes: XmlAttributes): void {
  const { suites, clock, notes } = reading;
  const name = (readAttribute(attributes, 'name') ?? 'testsuite').slice(0, 8_192);
  const sequence = suites.at(-1)?.adder.sequence({
    name,
    startedAt: readTimestamp(attributes, clock),
    durationS: readSeconds(attributes),
  });
  if (sequence === undefined) return;
  suites.push({ name, adder: sequence, builder: sequence });
  noteHost(notes, attributes, name);
}

function noteHost(notes: Notes, attributes: XmlAttributes, suite: string): void {
  const host = readAttribute(attributes, 'hostname');
  if (host !== null) notes.addOne('hostname', host, suite);
}

/** What a suite has beside test cases and suites. */
function takeOther(reading: Reading, name: string): void {
  const { reader, suites, budget, notes } = reading;
  const suite = suites.at(-1);
  const element = reader.tree();
  if (suite === undefined) return;
  if (name === 'properties') notes.add(element, suite.name);
  if (name === 'system-out' || name === 'system-err') {
    for (const file of toFiles(element, budget)) suite.builder.attach(file);
  }
  if (name === 'failure' || name === 'error') {
    // Some runners say so when the suite itself could not run.
    reading.cases += 1;
    addCase({ ...element, name: 'testcase', attributes: { name: suite.name }, children: [element] }, suite.adder, {
      ...reading,
      suite: suite.name,
    });
  }
}

function takeEvent(reading: Reading, event: XmlEvent): void {
  const { reader, suites } = reading;
  if (event.kind === 'close') suites.pop();
  if (event.kind !== 'open') return;
  const suite = suites.at(-1);
  if (event.name === 'testsuite' || event.name === 'testsuites') openSuite(reading, event.attributes);
  else if (event.name === 'testcase' && suite !== undefined) {
    reading.cases += 1;
    addCase(reader.tree(), suite.adder, { ...reading, suite: suite.name });
  } else takeOther(reading, event.name);
}

/** The first element below the root: it tells when the run began, where the root does not. */
function readFirst(reader: XmlReader): XmlEvent | null {
  for (const event of reader) if (event.kind !== 'text') return event;
  return null;
}

function findStart(root: XmlAttributes, first: XmlEvent | null, clock: Clock): string | null {
  const written = readTimestamp(root, clock);
  return written === null && first?.kind === 'open' ? readTimestamp(first.attributes, clock) : written;
}

export default defineConverter({
  probe(head) {
    const root = /<(?![?!])([A-Za-z][\w:.-]*)/.exec(head.text.replace(/<!--[^]*?-->/g, ''))?.[1] ?? '';
    if (root === 'testsuites' || root === 'testsuite') return 0.9;
    return root === 'testrun' && head.text.includes('<testcase') ? 0.6 : 0;
  },
  convert(input, reports, context) {
    const reader = xml(input);
    const root = readRoot(reader);
    const warnings = new Set<string>();
    const warn = (warning: string): void => void warnings.add(warning.slice(0, 1_000));
    const zone = context.arguments['timeZone'];
    const clock: Clock = { zone: typeof zone === 'string' && zone !== '' ? zone : 'UTC', warn };
    const first = readFirst(reader);
    const startedAt = findStart(root.attributes, first, clock);
    const report = startReport(reports, context, { fileName: input.name, root: root.attributes, startedAt });
    const name = readAttribute(root.attributes, 'name') ?? input.name;
    const notes = makeNotes(report, warn);
    noteHost(notes, root.attributes, name);
    const suites: Suite[] = [{ name, adder: report, builder: report }];
    const reading: Reading = { reader, clock, budget: { outputs: 0, paths: 0, warn }, suites, notes, cases: 0 };
    if (first !== null) takeEvent(reading, first);
    for (const event of reader) takeEvent(reading, event);
    if (reading.cases === 0) throw new SkipFile('the file has no test cases');
    if (startedAt === null) warn('startedAt: the file has no time that can be read');
    for (const warning of warnings) report.warn(warning);
    report.finish();
  },
});
