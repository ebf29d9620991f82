// One test case as a step; one that was tried again as a sequence of its attempts.

import type { StepAdder, StepInput, XmlElement } from 'airlock/converter';
import { cut, LONGEST_KEPT, LONGEST_MESSAGE, LONGEST_NAME } from './limits.ts';
import { type OutputBudget, readOutputs, readPaths } from './outputs.ts';
import { type Clock, readAttribute, readSeconds, readStatus, readTimestamp, readWords } from './words.ts';

type Outcome = 'passed' | 'failed' | 'error' | 'skipped';
type Verdict = {
  readonly outcome: Outcome;
  readonly nativeOutcome: string | null;
  readonly error: StepInput['error'];
  readonly text: string;
};

/** What reading test cases needs. */
export type CaseReading = { readonly clock: Clock; readonly budget: OutputBudget; readonly suite: string };

/** Attempts that surefire reports beside the final one, and how each ended. */
const ATTEMPTS: Readonly<Record<string, 'failed' | 'error'>> = {
  flakyFailure: 'failed',
  flakyError: 'error',
  rerunFailure: 'failed',
  rerunError: 'error',
};
/** pytest writes an expected failure as skipped. Source: report.md 3. */
const EXPECTED_FAILURE = 'pytest.xfail';

const USED = ['name', 'classname', 'time', 'timestamp'];

function nameOf({ attributes }: XmlElement, { suite, budget }: CaseReading): string {
  const name = readAttribute(attributes, 'name') ?? 'testcase';
  const group = readAttribute(attributes, 'classname');
  const isSaid = group === null || group === suite || name.startsWith(group);
  return cut(isSaid ? name : `${group}: ${name}`, LONGEST_NAME, () =>
    budget.warn(`name: a test case has more than ${LONGEST_NAME} characters, cut`),
  );
}

function toError(element: XmlElement, text: string): StepInput['error'] {
  const message = readAttribute(element.attributes, 'message') ?? text.split('\n')[0] ?? '';
  const code = readAttribute(element.attributes, 'type')?.slice(0, 1_000) ?? null;
  // Nothing is lost: a message that is cut here stands whole in the step's text.
  return { code, message: message.slice(0, LONGEST_MESSAGE) };
}

/** Attribute values have lost their line ends, so blanks do not tell two texts apart. */
const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim();

function wordsOf(elements: readonly XmlElement[]): string {
  return elements
    .map((element) => {
      const message = readAttribute(element.attributes, 'message') ?? '';
      const text = readWords(element);
      return squeeze(text).includes(squeeze(message)) ? text : `${message}\n${text}`.trim();
    })
    .filter((text) => text !== '')
    .join('\n\n');
}

function skippedVerdict(element: XmlElement): Verdict {
  const type = readAttribute(element.attributes, 'type');
  const isExpected = type === EXPECTED_FAILURE;
  return {
    outcome: isExpected ? 'passed' : 'skipped',
    nativeOutcome: isExpected ? type : null,
    error: null,
    text: wordsOf([element]),
  };
}

function verdictOf({ attributes, children }: XmlElement): Verdict {
  const named = (name: string): readonly XmlElement[] => children.filter((child) => child.name === name);
  const bad = [...named('error'), ...named('failure')];
  const [first] = bad;
  if (first !== undefined) {
    const text = wordsOf(bad);
    return {
      outcome: first.name === 'error' ? 'error' : 'failed',
      nativeOutcome: null,
      error: toError(first, text),
      text,
    };
  }
  const [skipped] = [...named('skipped'), ...named('disabled'), ...named('ignored')];
  if (skipped !== undefined) return skippedVerdict(skipped);
  const status = readStatus(attributes);
  return { outcome: status?.outcome ?? 'passed', nativeOutcome: status?.word ?? null, error: null, text: '' };
}

type Kept = NonNullable<StepInput['extensions']>[string];

function keep(
  element: XmlElement,
  properties: readonly XmlElement[],
  { budget }: CaseReading,
): StepInput['extensions'] {
  const kept: Record<string, Kept> = {};
  for (const [name, value = ''] of Object.entries(element.attributes)) if (!USED.includes(name)) kept[name] = value;
  const group = readAttribute(element.attributes, 'classname');
  if (group !== null) kept['classname'] = group;
  const pairs = properties.map(({ attributes, text }) => ({
    name: attributes['name'] ?? '',
    value: attributes['value'] ?? text.trim(),
  }));
  if (pairs.length > 0) kept['properties'] = pairs;
  if (Object.keys(kept).length === 0) return null;
  if (JSON.stringify(kept).length <= LONGEST_KEPT) return { junit: kept };
  budget.warn(`extensions: properties of over ${LONGEST_KEPT} characters are left out`);
  return null;
}

function attemptOf(element: XmlElement, name: string, retry: NonNullable<StepInput['retry']>): StepInput {
  const text = wordsOf([element]);
  return {
    name,
    kind: 'boolean',
    outcome: ATTEMPTS[element.name] ?? 'failed',
    nativeOutcome: element.name,
    durationS: readSeconds(element.attributes),
    error: toError(element, text),
    text: text === '' ? null : text,
    retry,
  };
}

/** Order: flaky attempts came before the one that passed, reruns after the one that failed. */
function addAttempts(whole: StepInput, attempts: readonly XmlElement[], adder: StepAdder): void {
  const { name, kind, outcome, error, text, attachments, ...shared } = whole;
  const of = attempts.length + 1;
  const isFlaky = outcome === 'passed';
  const sequence = adder.sequence({ ...shared, name, kind: 'sequence', outcome, attachments });
  const last: StepInput = { name, kind, outcome, error, text, retry: { attempt: isFlaky ? of : 1, of } };
  if (!isFlaky) sequence.step(last);
  for (const [index, element] of attempts.entries()) {
    sequence.step(attemptOf(element, name, { attempt: index + (isFlaky ? 1 : 2), of }));
  }
  if (isFlaky) sequence.step(last);
}

/**
 * Report one test case.
 *
 * @param element - `testcase`.
 * @param adder - The step of its suite.
 * @param reading - See {@link CaseReading}.
 * @returns Its outcome.
 */
export function addCase(element: XmlElement, adder: StepAdder, reading: CaseReading): void {
  const { attributes, children } = element;
  const properties = children.filter(({ name }) => name === 'properties').flatMap((list) => list.children);
  const verdict = verdictOf(element);
  const outputs = readOutputs(children, reading.budget);
  const text = [verdict.text, ...outputs.texts].filter((part) => part !== '').join('\n\n');
  const step: StepInput = {
    name: nameOf(element, reading),
    kind: 'boolean',
    outcome: verdict.outcome,
    nativeOutcome: verdict.nativeOutcome,
    startedAt: readTimestamp(attributes, reading.clock),
    durationS: readSeconds(attributes),
    error: verdict.error,
    text: text === '' ? null : text,
    attachments: [...outputs.attachments, ...readPaths(properties, reading.budget)],
    extensions: keep(element, properties, reading),
  };
  const attempts = children.filter(({ name }) => Object.hasOwn(ATTEMPTS, name));
  if (attempts.length === 0) adder.step(step);
  else addAttempts(step, attempts, adder);
}
