// Conversions whose result is answered and not kept: `report/convert`, `converter/probe` and `airlock convert`.

import type { ConvertersConfig } from '../config/schema/root.ts';
import { assertNever } from '../core/assert-never.ts';
import { type Body, bodySize, type Companion } from '../core/body.ts';
import { AirlockError, isErrorCode } from '../core/errors.ts';
import { type KeyId, makeUuidV5, toSubmissionId } from '../core/ids.ts';
import type { AssembledReport } from '../report/stamp.ts';
import type { GuestLogLine, ResourceUse } from '../sandbox/outcome.ts';
import type { FailureRecord, UsedConverter } from '../store/types.ts';
import type { Chooser, ChooserConfig } from './chooser.ts';
import type { ConversionConfig, ConversionInput } from './conversion-job.ts';
import { type ConversionResult, type ConvertDeps, convertCanonical, convertOne } from './convert-one.ts';
import { retryDelayMs, toFailure, toUsed } from './ends.ts';
import { readBodyHead } from './head.ts';

/** A file that is converted for a caller. */
export type CallInput = {
  readonly kid: KeyId;
  readonly name: string;
  readonly body: Body;
  /** Of the body, lower-case hex. */
  readonly sha256: string;
  readonly companions: readonly Companion[];
  /** Asked for by name, or null to choose. */
  readonly converter: string | null;
  readonly arguments: Readonly<Record<string, unknown>>;
};

/** What a conversion gave. `reports` is empty but for `converted`. */
export type CallResult = {
  readonly reports: readonly AssembledReport[];
  /** Null for a canonical file. */
  readonly converter: UsedConverter | null;
  readonly warnings: readonly string[];
  readonly log: readonly GuestLogLine[];
  /** Null where nothing was converted in the sandbox. */
  readonly stats: ResourceUse | null;
} & (
  | { readonly outcome: 'converted' }
  | { readonly outcome: 'skipped'; readonly reason: string }
  | {
      readonly outcome: 'rejected';
      readonly reason: string;
      readonly line: number | null;
      readonly column: number | null;
    }
  | { readonly outcome: 'suspended'; readonly reason: string; readonly afterMs: number }
);

/** What converting for a caller needs. */
export type CallDeps = ConvertDeps & { readonly chooser: Chooser };

/** The part of the configuration that it follows. */
export type CallConfig = ConversionConfig &
  ChooserConfig & { readonly converters: Pick<ConvertersConfig, 'retryLater'> };

/** Namespace of the report ids: the same file gives the same ids, so that reports that are kept by hand update each other. */
const CALLS = '6f0f1f6e-6d0c-5b8e-9d59-0a54b1f1c0de';
/** Of the log in an error, which has to fit into a frame. */
const ERROR_LOG_LINES = 100;
const ERROR_LOG_CHARS = 16_384;

function toSubmission({ clock }: ConvertDeps, input: CallInput): ConversionInput {
  return {
    ...input,
    submissionId: toSubmissionId(makeUuidV5(CALLS, input.sha256)),
    receivedAtUnixMs: clock.nowUnixMs(),
  };
}

/** The last lines, for they tell most about the end. */
function cutLog(log: readonly GuestLogLine[]): readonly GuestLogLine[] {
  const kept: GuestLogLine[] = [];
  let left = ERROR_LOG_CHARS;
  for (const line of log.slice(-ERROR_LOG_LINES).toReversed()) {
    left -= line.text.length;
    if (left < 0) break;
    kept.unshift(line);
  }
  return kept;
}

function toError({ code, message, ...data }: FailureRecord, log: readonly GuestLogLine[]): AirlockError {
  const known = isErrorCode(code) ? code : 'converter_failed';
  // What could never fit says what would; its name is in the message.
  const limit = code === 'too_large' ? { limit: data.allowed ?? 0 } : {};
  return new AirlockError(known, message, { data: { ...data, ...limit, log: cutLog(log) } });
}

function refuse(name: string, reason: string, candidates: readonly string[] = []): AirlockError {
  return new AirlockError('converter_refused', `Cannot convert ${name}: ${reason}`, { data: { candidates } });
}

function toCallResult(
  { end, warnings, log, used }: ConversionResult,
  { name, converter, config }: { name: string; converter: UsedConverter | null; config: CallConfig },
): CallResult {
  const said = { reports: [], converter, warnings, log, stats: used };
  switch (end.kind) {
    case 'converted':
      return { ...said, outcome: 'converted', reports: end.reports };
    case 'skipped':
      return { ...said, outcome: 'skipped', reason: end.reason };
    case 'rejected': {
      const { reason, line, column } = end;
      return { ...said, outcome: 'rejected', reason, line, column };
    }
    case 'suspended': {
      const afterMs = retryDelayMs(end.afterMs, 1, config.converters.retryLater);
      return { ...said, outcome: 'suspended', reason: end.reason, afterMs };
    }
    case 'waiting':
      throw refuse(name, end.message);
    case 'failed':
    case 'stopped':
    case 'crashed':
      throw toError(toFailure(end, name), log);
    default:
      return assertNever(end);
  }
}

/**
 * Convert one file and answer what came out; nothing is kept, nothing counts against the converter.
 *
 * @param deps - Chooser, pool, clock.
 * @param input - The file; its body must stay as it is meanwhile.
 * @param options - `signal` kills the runner.
 * @throws {AirlockError} converter_failed, converter_timeout, converter_memory, converter_crashed with `file`, `line`, `column`,
 * `limit`, `used`, `allowed` where there are some, and the end of the `log`; too_large; converter_refused when no converter may take
 * it; unavailable, queue_full, shutting_down as the pool does; rejects with `signal.reason` when aborted.
 */
export async function convertForCall(
  deps: CallDeps,
  input: CallInput,
  { config, signal }: { readonly config: CallConfig; readonly signal: AbortSignal },
): Promise<CallResult> {
  const { name, body, converter: wanted } = input;
  const head = await readBodyHead(body);
  const { choice } = await deps.chooser.choose({ name, size: bodySize(body), head, wanted }, { signal });
  const submission = toSubmission(deps, input);
  switch (choice.kind) {
    case 'converter': {
      const { converter, warning } = choice;
      const result = await convertOne(deps, { submission, converter, config }, { signal });
      const warnings = warning === null ? result.warnings : [warning, ...result.warnings];
      return toCallResult({ ...result, warnings }, { name, converter: toUsed(converter), config });
    }
    case 'canonical':
      return toCallResult(await convertCanonical(deps, { submission, config }), { name, converter: null, config });
    case 'refused':
      throw refuse(name, choice.reason, choice.candidates);
    case 'waiting':
      throw refuse(name, choice.message);
    default:
      return assertNever(choice);
  }
}
