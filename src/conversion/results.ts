// Where records become reports: small results here and now, large ones on a thread, so that nobody else has to wait.

import { type Body, bodySize } from '../core/body.ts';
import { AirlockError } from '../core/errors.ts';
import { readBody } from '../disk/read-body.ts';
import { type FinishOutcome, makeAssembler, type RecordVerdict } from '../report/assemble.ts';
import { type CanonicalFileOutcome, parseCanonicalFile } from '../report/canonical-file.ts';
import type { ConversionLimits } from '../report/limits.ts';
import type { AssembledReport, ReportStamp } from '../report/stamp.ts';
import type { ResultAnswer, ResultItem, ToResults } from './result-messages.ts';
import { makeResultThreads, type ResultThreads } from './result-threads.ts';

/** Takes what one conversion writes. Disposing it forgets all of it. */
export type ResultTaker = Disposable & {
  /** One record as JSON text. A refusal may come some records late; then it is repeated. */
  readonly part: (recordText: string) => RecordVerdict;
  /** A piece of an attachment; as `part`. */
  readonly attach: (bytes: Uint8Array) => RecordVerdict;
  /** The verdict on everything that was taken. @throws {AirlockError} internal when the thread has ended. */
  readonly check: () => Promise<RecordVerdict>;
  /** Call once, after the last record. @throws as `check`. */
  readonly finish: (stamp: ReportStamp) => Promise<FinishOutcome>;
};

/** Puts reports together. Disposing it ends its threads. */
export type Results = AsyncDisposable & {
  readonly take: (limits: ConversionLimits) => ResultTaker;
  /** Read a canonical file. @throws {AirlockError} internal when the thread has ended or the file cannot be read. */
  readonly read: (
    body: Body,
    options: { readonly limits: ConversionLimits; readonly stamp: ReportStamp },
  ) => Promise<CanonicalFileOutcome>;
};

/** So much is done at once: a few milliseconds. Source: sandbox.md 5, at most 5 ms a turn; measured 10 MiB/s. */
const SMALL_BYTES = 32 * 1024;
/** Records are handed over in pieces of about this size. */
const BATCH_BYTES = 256 * 1024;

const unexpected = (): AirlockError =>
  new AirlockError('internal', 'Cannot put the reports together: the thread gave another answer than it was asked for');

type Question = Extract<ToResults, { kind: 'check' | 'finish' | 'next' }>;
type Ask = (message: Question) => Promise<ResultAnswer>;

/** Reports come one at a time: all at once would hold everybody up while they are copied. */
async function fetchAll(ask: Ask, count: number): Promise<readonly AssembledReport[]> {
  const reports: AssembledReport[] = [];
  while (reports.length < count) {
    const answer = await ask({ kind: 'next' });
    if (answer.kind !== 'report') throw unexpected();
    reports.push(answer.report);
  }
  return reports;
}

/** The far half of a taker: hands items over in batches. */
function makeRemote(threads: ResultThreads, limits: ConversionLimits) {
  const thread = threads.borrow();
  let verdict: RecordVerdict = { kind: 'ok' };
  let batch: ResultItem[] = [];
  let batchBytes = 0;
  let isDone = false;

  function flush(): void {
    if (batch.length === 0) return;
    const items = batch;
    batch = [];
    batchBytes = 0;
    isDone = false;
    thread.post({ kind: 'items', items });
  }

  thread.listen((refused) => {
    verdict = refused;
  });
  thread.post({ kind: 'begin', limits });
  return {
    add: (item: ResultItem): RecordVerdict => {
      if (verdict.kind !== 'ok') return verdict;
      // All records that came with one read of the pipe go together.
      if (batch.length === 0) queueMicrotask(flush);
      batch.push(item);
      batchBytes += item.length;
      if (batchBytes >= BATCH_BYTES) flush();
      return verdict;
    },
    ask: async (message: Question): Promise<ResultAnswer> => {
      flush();
      const answer = await thread.ask(message);
      isDone = true;
      return answer;
    },
    release: () => threads.giveBack(thread, { isDone }),
  };
}

function makeTaker(threads: ResultThreads, limits: ConversionLimits): ResultTaker {
  const near = makeAssembler(limits);
  /** What went into `near`, for the thread takes it from the start. */
  let kept: ResultItem[] = [];
  let keptBytes = 0;
  let far: ReturnType<typeof makeRemote> | null = null;

  function moveAway(): void {
    far = makeRemote(threads, limits);
    for (const item of kept) far.add(item);
    kept = [];
  }

  function add(item: ResultItem): RecordVerdict {
    if (far !== null) return far.add(item);
    const verdict = typeof item === 'string' ? near.add(item) : near.attach(item);
    if (verdict.kind !== 'ok') return verdict;
    kept.push(item);
    keptBytes += item.length;
    if (keptBytes > SMALL_BYTES) moveAway();
    return verdict;
  }

  return {
    part: add,
    // A piece is a view of the pipe's memory, which the pipe uses again.
    attach: (bytes) => add(Uint8Array.from(bytes)),
    check: async () => {
      if (far === null) return near.verdict();
      const answer = await far.ask({ kind: 'check' });
      if (answer.kind !== 'checked') throw unexpected();
      return answer.verdict;
    },
    finish: async (stamp) => {
      if (far === null) return near.finish(stamp);
      const { ask } = far;
      const answer = await ask({ kind: 'finish', stamp });
      if (answer.kind === 'finished') return { kind: 'reports', reports: await fetchAll(ask, answer.reports) };
      if (answer.kind !== 'ended' || answer.outcome.kind !== 'refuse') throw unexpected();
      return answer.outcome;
    },
    [Symbol.dispose]: () => far?.release(),
  };
}

async function toFileOutcome(ask: Ask, answer: ResultAnswer): Promise<CanonicalFileOutcome> {
  if (answer.kind === 'finished') return { kind: 'reports', reports: await fetchAll(ask, answer.reports) };
  if (answer.kind === 'ended' && answer.outcome.kind !== 'refuse') return answer.outcome;
  if (answer.kind !== 'failed') throw unexpected();
  throw new AirlockError('internal', 'Cannot read a canonical file: the system refused', { cause: answer.message });
}

async function readFar(
  threads: ResultThreads,
  message: Extract<ToResults, { kind: 'read' }>,
): Promise<CanonicalFileOutcome> {
  const thread = threads.borrow();
  let isDone = false;
  try {
    const answer = await thread.ask(message);
    const outcome = await toFileOutcome((next) => thread.ask(next), answer);
    isDone = true;
    return outcome;
  } finally {
    threads.giveBack(thread, { isDone });
  }
}

/** Open the place. Threads start when they are needed. */
export function openResults(): Results {
  const threads = makeResultThreads();
  return {
    take: (limits) => makeTaker(threads, limits),
    read: async (body, options) => {
      if (bodySize(body) <= SMALL_BYTES) return parseCanonicalFile(await readBody(body), options);
      return await readFar(threads, { kind: 'read', body, ...options });
    },
    [Symbol.asyncDispose]: () => threads.endAll(),
  };
}
