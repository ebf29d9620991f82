// Phases of a test to steps: subtests as sequences, repeated phases as retries.

import { type AttachmentInput, decodeBase64, type StepAdder, type StepInput } from 'airlock/converter';
import { type PhaseContext, toMeasurementStep } from './measurements.ts';
import { type Fields, readDuration, readList, readObject, readOutcome, readText, readTime } from './read.ts';

/** What phases are read with. */
export type PhaseOptions = {
  /** Does the test want a value for every measurement? */
  readonly needsValues: boolean;
  readonly warn: (warning: string) => void;
  /** May one more attachment be added? Counts it. */
  readonly takeAttachment: () => boolean;
};

const LARGEST_ATTACHMENT = 10 * 1024 ** 2;
const LONGEST_TRACEBACK = 20_000;

function readAttachment(name: string, value: unknown, { warn, takeAttachment }: PhaseOptions): AttachmentInput[] {
  const { data, mimetype, sha1 } = readObject(value);
  const shown = name.slice(0, 100);
  const bytes = typeof data === 'string' ? decodeBase64(data) : null;
  const mediaType = readText(mimetype)?.slice(0, 100) ?? null;
  if (typeof data !== 'string')
    warn(`attachment "${shown}": the file has no bytes of it (sha1 ${readText(sha1) ?? '-'})`);
  else if (bytes === null) warn(`attachment "${shown}": left out, its data is no base64`);
  else if (bytes.length > LARGEST_ATTACHMENT)
    warn(`attachment "${shown}": left out, ${bytes.length} bytes are too many`);
  else if (!takeAttachment()) warn(`attachment "${shown}": left out, the report is full of attachments`);
  else return [{ name: name.slice(0, 256) || 'attachment', mediaType, bytes }];
  return [];
}

type Result = Pick<StepInput, 'outcome' | 'nativeOutcome' | 'error' | 'text'>;

/** A phase ends with a word, with an exception, or without either when its time is over. */
function readResult(phase: Fields): Result {
  const word = readText(phase['outcome']);
  const outcome = word === 'SKIP' ? 'skipped' : readOutcome(word);
  const result = readObject(phase['result']);
  const end = result['phase_result'];
  if (typeof end === 'string') return { outcome, nativeOutcome: end === 'CONTINUE' ? null : end.slice(0, 100) };
  if (end === null && outcome === 'error') return { outcome, nativeOutcome: 'TIMEOUT' };
  const { exc_type: type, exc_val: message, exc_tb: traceback } = readObject(end);
  const text = typeof traceback === 'string' ? traceback.slice(0, LONGEST_TRACEBACK) : null;
  return { outcome, error: { code: readText(type), message: readText(message) }, text };
}

function toStep(phase: Fields, options: PhaseOptions): StepInput {
  const result = readResult(phase);
  const docstring = readText(readObject(phase['codeinfo'])['docstring']);
  const text = [docstring, result.text].filter((part) => typeof part === 'string').join('\n');
  return {
    name: readText(phase['name']) ?? 'phase',
    nativeType: 'Phase',
    ...result,
    text: text === '' ? null : text,
    startedAt: readTime(phase['start_time_millis']),
    durationS: readDuration(phase),
    attachments: Object.entries(readObject(phase['attachments'])).flatMap(([name, value]) =>
      readAttachment(name, value, options),
    ),
  };
}

type Attempt = { readonly attempt: number; readonly of: number } | null;

function addPhase(
  adder: StepAdder,
  phase: Fields,
  { retry, options }: { retry: Attempt; options: PhaseOptions },
): void {
  const step = { ...toStep(phase, options), retry };
  const measurements = Object.entries(readObject(phase['measurements']));
  if (measurements.length === 0) return adder.step({ ...step, kind: 'action' });
  const sequence = adder.sequence(step);
  const context: PhaseContext = {
    isUnsetFailed: options.needsValues && step.outcome === 'failed',
    warn: options.warn,
    takeAttachment: options.takeAttachment,
  };
  for (const [key, value] of measurements) sequence.step(toMeasurementStep(key, value, context));
}

function isRepeated(phase: Fields): boolean {
  const end = readObject(phase['result'])['phase_result'];
  return end === 'REPEAT' || (end === null && readObject(phase['options'])['repeat_on_timeout'] === true);
}

function isSame(one: Fields, other: Fields): boolean {
  return ['name', 'descriptor_id', 'subtest_name'].every(
    (key) => JSON.stringify(one[key] ?? null) === JSON.stringify(other[key] ?? null),
  );
}

/** A phase with the attempts before it. */
function groupAttempts(phases: readonly Fields[]): readonly (readonly Fields[])[] {
  const groups: Fields[][] = [];
  for (const phase of phases) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    if (group !== undefined && before !== undefined && isRepeated(before) && isSame(before, phase)) group.push(phase);
    else groups.push([phase]);
  }
  return groups;
}

function addAttempts(adder: StepAdder, attempts: readonly Fields[], options: PhaseOptions): void {
  const last = attempts.at(-1) ?? {};
  if (attempts.length === 1) return addPhase(adder, last, { retry: null, options });
  const { outcome, nativeOutcome } = readResult(last);
  const name = readText(last['name']) ?? 'phase';
  const sequence = adder.sequence({ name, nativeType: 'Phase', outcome, nativeOutcome });
  for (const [index, phase] of attempts.entries()) {
    addPhase(sequence, phase, { retry: { attempt: index + 1, of: attempts.length }, options });
  }
}

function startSubtest(adder: StepAdder, name: string, subtests: readonly Fields[]): StepAdder {
  const fields = subtests.find((subtest) => subtest['name'] === name) ?? {};
  const word = readText(fields['outcome']);
  return adder.sequence({
    name,
    nativeType: 'Subtest',
    outcome: word === null ? null : readOutcome(word),
    nativeOutcome: word === 'STOP' ? word : null,
    startedAt: readTime(fields['start_time_millis']),
    durationS: readDuration(fields),
  });
}

/**
 * Report all phases, in their order.
 *
 * @param adder - The report.
 * @param record - The test record.
 * @param options - Warnings, attachments.
 */
export function addPhases(adder: StepAdder, record: Fields, options: PhaseOptions): void {
  const subtests = readList(record['subtests']).map(readObject);
  let open: { readonly name: string | null; readonly adder: StepAdder } = { name: null, adder };
  for (const attempts of groupAttempts(readList(record['phases']).map(readObject))) {
    const name = readText(attempts[0]?.['subtest_name']);
    if (name !== open.name) open = { name, adder: name === null ? adder : startSubtest(adder, name, subtests) };
    addAttempts(open.adder, attempts, options);
  }
}
