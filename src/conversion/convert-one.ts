// One conversion without side effects: a submission and a choice in, an end and its reports out. Knows no store.

import type { WaitingReason } from '../core/states.ts';
import { makeAssembler } from '../report/assemble.ts';
import { parseCanonicalFile } from '../report/canonical-file.ts';
import { REPORT_SCHEMA } from '../report/schema.ts';
import type { AssembledReport } from '../report/stamp.ts';
import type { ConversionJob, ConversionSink, Pool } from '../sandbox/job.ts';
import type { ConversionOutcome, GuestLogLine } from '../sandbox/outcome.ts';
import { resolveArguments } from './arguments.ts';
import { type ConvertRequest, type JobDeps, overlayLimits, toJob, toStamp } from './conversion-job.ts';
import { makeLogKeeper } from './keep-log.ts';
import { explainMissingWalls, findMissingWalls } from './required-walls.ts';

/** What one conversion needs. */
export type ConvertDeps = JobDeps & { readonly pool: Pick<Pool, 'convert' | 'walls'> };

/** How a conversion can end; what is added to the sandbox's outcomes never reached the sandbox. */
export type ConversionEnd =
  | { readonly kind: 'converted'; readonly reports: readonly AssembledReport[] }
  | Exclude<ConversionOutcome, { readonly kind: 'converted' }>
  | { readonly kind: 'waiting'; readonly reason: WaitingReason; readonly message: string };

/** An end, and what was said on the way. */
export type ConversionResult = {
  readonly end: ConversionEnd;
  /** Of all reports, each once. */
  readonly warnings: readonly string[];
  readonly log: readonly GuestLogLine[];
};

const MAX_WARNINGS = 100;

function reject(reason: string): ConversionEnd {
  return { kind: 'rejected', reason, line: null, column: null };
}

function toResult(end: ConversionEnd, log: readonly GuestLogLine[] = []): ConversionResult {
  const all = end.kind === 'converted' ? end.reports.flatMap(({ warnings }) => warnings) : [];
  return { end, warnings: [...new Set(all)].slice(0, MAX_WARNINGS), log };
}

async function runInPool(
  deps: ConvertDeps,
  request: ConvertRequest,
  { job, signal }: { readonly job: ConversionJob; readonly signal: AbortSignal },
): Promise<ConversionResult> {
  const assembler = makeAssembler({ ...request.config.limits, conversionSteps: job.limits.steps });
  const log = makeLogKeeper(job.limits);
  const sink: ConversionSink = {
    part: assembler.add,
    attach: assembler.attach,
    log: log.add,
    progress: () => undefined,
  };
  const outcome = await deps.pool.convert(job, sink, { signal });
  if (outcome.kind !== 'converted') return toResult(outcome, log.lines());

  const { name, version, sha256 } = job.converter;
  const about = { converter: { name, version, sha256 }, format: name, encoding: outcome.encoding };
  const finish = assembler.finish(toStamp(deps, request, about));
  return toResult(
    finish.kind === 'reports' ? { kind: 'converted', reports: finish.reports } : reject(finish.reason),
    log.lines(),
  );
}

/**
 * Convert one file with one converter, in the sandbox.
 *
 * @param deps - Pool, clock, host name.
 * @param request - The file, an approved converter (the caller sees to that), and the configuration.
 * @param options - `signal` kills the runner.
 * @returns How it ended; a converter can cause nothing else.
 * @throws {AirlockError} unavailable when no runner can be started; rejects with `signal.reason` when aborted.
 */
export async function convertOne(
  deps: ConvertDeps,
  request: ConvertRequest,
  { signal }: { readonly signal: AbortSignal },
): Promise<ConversionResult> {
  const { submission, converter, config } = request;
  const missing = findMissingWalls(converter.trust, config.sandbox.requireWalls, deps.pool.walls);
  if (missing.length > 0) {
    return toResult({ kind: 'waiting', reason: 'sandbox_wall_missing', message: explainMissingWalls(missing) });
  }

  const limits = overlayLimits(config.sandbox.limits, converter.settings);
  const used = submission.bytes.length;
  if (used > limits.input) return toResult({ kind: 'stopped', limit: 'input', used, allowed: limits.input });

  const specs = converter.checked.manifest.arguments;
  const resolved = resolveArguments(specs, [converter.settings.arguments, submission.arguments]);
  if (resolved.kind === 'wrong') return toResult(reject(resolved.reason));

  const job = toJob(deps, request, { limits, arguments: resolved.values });
  return await runInPool(deps, request, { job, signal });
}

/**
 * Read a canonical file, which needs no converter.
 *
 * @param deps - Host name.
 * @param request - The file and the configuration.
 */
export function convertCanonical(
  deps: Pick<JobDeps, 'hostName'>,
  request: Pick<ConvertRequest, 'submission' | 'config'>,
): ConversionResult {
  const { submission, config } = request;
  const stamp = toStamp(deps, request, { converter: null, format: REPORT_SCHEMA, encoding: 'utf-8' });
  const limits = { ...config.limits, conversionSteps: config.sandbox.limits.steps };
  const outcome = parseCanonicalFile(submission.bytes, { limits, stamp });
  switch (outcome.kind) {
    case 'reports':
      return toResult({ kind: 'converted', reports: outcome.reports });
    case 'rejected':
      return toResult(outcome);
    case 'not_canonical':
      return toResult(reject('it looks like a canonical report and is none; name a converter with --converter NAME'));
    default:
      return outcome satisfies never;
  }
}
