// One conversion without side effects: a submission and a choice in, an end and its reports out. Knows no store.

import { bodySize } from '../core/body.ts';
import type { WaitingReason } from '../core/states.ts';
import type { RecordVerdict } from '../report/assemble.ts';
import { REPORT_SCHEMA } from '../report/schema.ts';
import type { AssembledReport } from '../report/stamp.ts';
import type { ConversionJob, ConversionSink, Pool } from '../sandbox/job.ts';
import type { ConversionOutcome, GuestLogLine, ResourceUse } from '../sandbox/outcome.ts';
import { resolveArguments } from './arguments.ts';
import { selectCompanions } from './companions.ts';
import { type ConvertRequest, type JobDeps, overlayLimits, toJob, toStamp } from './conversion-job.ts';
import { makeLogKeeper } from './keep-log.ts';
import { makeProgressSink, type TellProgress } from './progress.ts';
import { explainMissingWalls, findMissingWalls } from './required-walls.ts';
import type { Results } from './results.ts';

/** What one conversion needs. */
export type ConvertDeps = JobDeps & {
  readonly pool: Pick<Pool, 'convert' | 'walls'>;
  readonly results: Pick<Results, 'take' | 'read'>;
};

/** Options of {@link convertOne}. */
export type ConvertOptions = { readonly signal: AbortSignal; readonly onProgress?: TellProgress | null };

/** How a conversion can end; what is added to the sandbox's outcomes never reached the sandbox. */
export type ConversionEnd =
  | { readonly kind: 'converted'; readonly reports: readonly AssembledReport[] }
  | Exclude<ConversionOutcome, { readonly kind: 'converted' }>
  | { readonly kind: 'waiting'; readonly reason: WaitingReason; readonly message: string };

/** An end, and what was said on the way. */
export type ConversionResult = {
  readonly end: ConversionEnd;
  /** Of the conversion, then of all reports, each once. */
  readonly warnings: readonly string[];
  readonly log: readonly GuestLogLine[];
  /** Null when nothing was converted in the sandbox. */
  readonly used: ResourceUse | null;
};

const MAX_WARNINGS = 100;

function reject(reason: string): ConversionEnd {
  return { kind: 'rejected', reason, line: null, column: null };
}

function toResult(end: ConversionEnd, said: Partial<Omit<ConversionResult, 'end'>> = {}): ConversionResult {
  const { warnings = [], log = [], used = null } = said;
  const all = end.kind === 'converted' ? [...warnings, ...end.reports.flatMap((report) => report.warnings)] : warnings;
  return { end, warnings: [...new Set(all)].slice(0, MAX_WARNINGS), log, used };
}

function toVerdictEnd(
  verdict: Exclude<RecordVerdict, { kind: 'ok' }>,
): Exclude<ConversionOutcome, { kind: 'converted' }> {
  if (verdict.kind === 'stop') return { ...verdict, kind: 'stopped' };
  return { kind: 'rejected', reason: verdict.reason, line: null, column: null };
}

async function runInPool(
  deps: ConvertDeps,
  request: ConvertRequest,
  input: { readonly job: ConversionJob; readonly warnings: readonly string[] },
  { signal, onProgress = null }: ConvertOptions,
): Promise<ConversionResult> {
  const { job, warnings } = input;
  using taker = deps.results.take({ ...request.config.limits, conversionSteps: job.limits.steps });
  const log = makeLogKeeper(job.limits);
  const sink: ConversionSink = {
    part: taker.part,
    attach: taker.attach,
    log: log.add,
    ...makeProgressSink(bodySize(request.submission.body), onProgress),
  };
  const outcome = await deps.pool.convert(job, sink, { signal });
  // Order: a record that is refused comes before everything that the converter did afterwards.
  const verdict = await taker.check();
  const early = verdict.kind === 'ok' ? outcome : toVerdictEnd(verdict);
  if (early.kind !== 'converted') return toResult(early, { warnings, log: log.lines() });

  const { name, version, sha256 } = job.converter;
  const about = { converter: { name, version, sha256 }, format: name, encoding: early.encoding };
  const finish = await taker.finish(toStamp(deps, request, about));
  const end: ConversionEnd =
    finish.kind === 'reports' ? { kind: 'converted', reports: finish.reports } : reject(finish.reason);
  return toResult(end, { warnings, log: log.lines(), used: early.used });
}

function sizeOf({ body, companions }: ConvertRequest['submission']): number {
  return companions.reduce((sum, companion) => sum + bodySize(companion.body), bodySize(body));
}

/**
 * Convert one file with one converter, in the sandbox.
 *
 * @param deps - Pool, results, clock, host name.
 * @param request - The file, an approved converter (the caller sees to that), and the configuration.
 * @param options - `signal` kills the runner; `onProgress` hears how far it is.
 * @returns How it ended; a converter can cause nothing else.
 * @throws {AirlockError} unavailable when no runner can be started; rejects with `signal.reason` when aborted.
 */
export async function convertOne(
  deps: ConvertDeps,
  request: ConvertRequest,
  options: ConvertOptions,
): Promise<ConversionResult> {
  const { submission, converter, config } = request;
  const missing = findMissingWalls(converter.trust, config.sandbox.requireWalls, deps.pool.walls);
  if (missing.length > 0) {
    return toResult({ kind: 'waiting', reason: 'sandbox_wall_missing', message: explainMissingWalls(missing) });
  }

  const limits = overlayLimits(config.sandbox.limits, converter);
  const used = sizeOf(submission);
  if (used > limits.input) return toResult({ kind: 'stopped', limit: 'input', used, allowed: limits.input });

  const { arguments: specs, companions: patterns } = converter.checked.manifest;
  const resolved = resolveArguments(specs, [converter.settings.arguments, submission.arguments]);
  if (resolved.kind === 'wrong') return toResult(reject(resolved.reason));

  const { companions, warnings } = selectCompanions(submission.companions, { name: submission.name, patterns });
  const job = toJob(deps, request, { limits, arguments: resolved.values, companions });
  return await runInPool(deps, request, { job, warnings }, options);
}

/**
 * Read a canonical file, which needs no converter. It is held in memory as a whole, so it may not be larger than one report may be.
 *
 * @param deps - Host name, and who reads.
 * @param request - The file and the configuration.
 */
export async function convertCanonical(
  deps: Pick<ConvertDeps, 'hostName' | 'results'>,
  request: Pick<ConvertRequest, 'submission' | 'config'>,
): Promise<ConversionResult> {
  const { submission, config } = request;
  const used = bodySize(submission.body);
  if (used > config.limits.report)
    return toResult(reject(`a canonical file of ${used} bytes is over limits.report of ${config.limits.report}`));
  const warnings = submission.companions.map(
    ({ name }) => `companion "${name}" was left out: a canonical file has none`,
  );
  const stamp = toStamp(deps, request, { converter: null, format: REPORT_SCHEMA, encoding: 'utf-8' });
  const limits = { ...config.limits, conversionSteps: config.sandbox.limits.steps };
  const outcome = await deps.results.read(submission.body, { limits, stamp });
  switch (outcome.kind) {
    case 'reports':
      return toResult({ kind: 'converted', reports: outcome.reports }, { warnings });
    case 'rejected':
      return toResult(outcome);
    case 'not_canonical':
      return toResult(reject('it looks like a canonical report and is none; name a converter with --converter NAME'));
    default:
      return outcome satisfies never;
  }
}
