// One job's talk with one runner, without any pipe: each frame is checked against what may come now, and against its budget.

import { assertNever } from '../core/assert-never.ts';
import { bodySize } from '../core/body.ts';
import {
  attachCost,
  DATA_BYTES,
  type FailMessage,
  FRAME_OUT,
  type Frame,
  INDEX_BYTES,
  PROGRESS_FRAMES,
  type RunnerLimits,
} from './channel.ts';
import { toErrorRecord, toSafeText } from './guest-text.ts';
import type { ConversionJob, ConversionSink, PartVerdict } from './job.ts';
import { inputBytesOf, toRunnerLimits, wallMsOf } from './job-limits.ts';
import { parseDone, parseFail } from './messages.ts';
import type { ConversionOutcome, GuestLogLine } from './outcome.ts';
import { BROKEN, LOAD_GRACE_MS, type Talk, type TalkStep } from './talk.ts';

type Step = TalkStep<ConversionOutcome>;

const LEVELS: readonly GuestLogLine['level'][] = ['debug', 'info', 'warn', 'error'];
const CONTINUE: Step = { kind: 'continue' };
/** The line that says that the log was cut comes on top of its limits. */
const CUT_LINE_BYTES = 200;

function toOutcome(fail: FailMessage, job: ConversionJob): ConversionOutcome {
  const { limits, converter } = job;
  switch (fail.kind) {
    case 'failed':
      return { kind: 'failed', error: toErrorRecord(fail, converter, limits) };
    case 'stopped':
      return fail;
    case 'skipped':
    case 'rejected':
    case 'suspended':
      return { ...fail, reason: toSafeText(fail.reason, limits.errorText) };
    default:
      return assertNever(fail);
  }
}

type State = {
  readonly job: ConversionJob;
  readonly sink: ConversionSink;
  readonly limits: RunnerLimits;
  readonly monotonicMs: () => number;
  readonly begunMs: number;
  /** `pulls`: of the main file. */
  readonly count: Record<'records' | 'outputBytes' | 'logLines' | 'logBytes' | 'progress' | 'pulls', number>;
  hasEffects: boolean;
};

type Take = (state: State, payload: Buffer) => Step;

const rejected = (reason: string): ConversionOutcome => ({ kind: 'rejected', reason, line: null, column: null });

function judge(verdict: PartVerdict): Step {
  switch (verdict.kind) {
    case 'ok':
      return CONTINUE;
    case 'stop':
      return { kind: 'end', outcome: { ...verdict, kind: 'stopped' }, isClean: false };
    case 'refuse':
      return { kind: 'end', outcome: rejected(verdict.reason), isClean: false };
    default:
      return assertNever(verdict);
  }
}

const onPart: Take = (state, payload) => {
  const { count, limits, sink } = state;
  count.records += 1;
  count.outputBytes += payload.length;
  if (count.records > limits.records || count.outputBytes > limits.outputBytes) return BROKEN;
  state.hasEffects = true;
  return judge(sink.part(payload.toString('utf8')));
};

const onAttach: Take = (state, payload) => {
  const { count, limits, sink } = state;
  count.outputBytes += attachCost(payload.length);
  if (payload.length === 0 || count.outputBytes > limits.outputBytes) return BROKEN;
  state.hasEffects = true;
  return judge(sink.attach(payload));
};

const onLog: Take = (state, payload) => {
  const { count, limits, sink } = state;
  const level = LEVELS[payload[0] ?? LEVELS.length];
  count.logLines += 1;
  count.logBytes += payload.length - 1;
  const isOver =
    count.logLines > limits.logLines + 1 || count.logBytes > limits.logBytes + limits.logLineBytes + CUT_LINE_BYTES;
  if (level === undefined || isOver) return BROKEN;
  state.hasEffects = true;
  sink.log({ level, text: toSafeText(payload.toString('utf8', 1), limits.logLineBytes + CUT_LINE_BYTES) });
  return CONTINUE;
};

const onProgress: Take = ({ count, sink }, payload) => {
  count.progress += 1;
  const fraction = payload.length === 8 ? payload.readDoubleBE(0) : Number.NaN;
  if (count.progress > PROGRESS_FRAMES || !(fraction >= 0 && fraction <= 1)) return BROKEN;
  sink.progress(fraction);
  return CONTINUE;
};

const onDone: Take = ({ count, begunMs, monotonicMs }, payload) => {
  const done = parseDone(payload);
  if (done === null) return BROKEN;
  const { cpuMs, heapBytes, encoding } = done;
  const { records, outputBytes } = count;
  const used = { wallMs: monotonicMs() - begunMs, cpuMs, heapBytes, outputBytes, records };
  return { kind: 'end', outcome: { kind: 'converted', used, encoding }, isClean: true };
};

const onFail: Take = ({ job }, payload) => {
  const fail = parseFail(payload);
  if (fail === null) return BROKEN;
  return { kind: 'end', outcome: toOutcome(fail, job), isClean: fail.kind !== 'stopped' };
};

const onPull: Take = ({ job, count, sink }, payload) => {
  if (payload.length !== INDEX_BYTES) return BROKEN;
  const index = payload.readUInt32BE(0);
  if (index === 0) {
    sink.read?.(Math.min(count.pulls * DATA_BYTES, bodySize(job.input.body)));
    count.pulls += 1;
  }
  return index <= job.companions.length ? { kind: 'pull', index } : BROKEN;
};

/** What may come once the converter runs. Before that it is `started`, or `fail` of its load. */
const WHILE_RUNNING: ReadonlyMap<number, Take> = new Map([
  [FRAME_OUT.pull, onPull],
  [FRAME_OUT.part, onPart],
  [FRAME_OUT.attach, onAttach],
  [FRAME_OUT.log, onLog],
  [FRAME_OUT.progress, onProgress],
  [FRAME_OUT.done, onDone],
  [FRAME_OUT.fail, onFail],
]);

/**
 * Begin a job's talk.
 *
 * @param deps - `monotonicMs` for what the job used; `sink` takes the pieces.
 * @param input - The job and its id on this runner.
 */
export function makeConversation(
  deps: { readonly monotonicMs: () => number; readonly sink: ConversionSink },
  input: { readonly job: ConversionJob; readonly jobId: number },
): Talk<ConversionOutcome> {
  const { job, jobId } = input;
  const state: State = {
    ...deps,
    job,
    limits: toRunnerLimits(job.limits, inputBytesOf(job)),
    begunMs: deps.monotonicMs(),
    count: { records: 0, outputBytes: 0, logLines: 0, logBytes: 0, progress: 0, pulls: 0 },
    hasEffects: false,
  };
  let isStarted = false;

  function onFrame({ type, job: frameJob, payload }: Frame): Step {
    if (frameJob !== jobId) return BROKEN;
    if (isStarted) return WHILE_RUNNING.get(type)?.(state, payload) ?? BROKEN;
    if (type === FRAME_OUT.fail) return onFail(state, payload);
    if (type !== FRAME_OUT.started) return BROKEN;
    isStarted = true;
    return { kind: 'started' };
  }

  return {
    onFrame,
    hasEffects: () => state.hasEffects,
    deadlines: {
      load: { ms: job.limits.load, graceMs: LOAD_GRACE_MS },
      run: { ms: wallMsOf(job.limits, inputBytesOf(job)), graceMs: 0 },
    },
    stopped: (stop) => ({ kind: 'stopped', ...stop }),
    crashed: (signal) => ({ kind: 'crashed', signal }),
    changed: rejected,
  };
}
