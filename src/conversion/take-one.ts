// One claimed submission from its bytes to its end: choose, convert, put into the store's words.

import type { ConvertersConfig } from '../config/schema/root.ts';
import { assertNever } from '../core/assert-never.ts';
import { bodySize } from '../core/body.ts';
import type { AssembledReport } from '../report/stamp.ts';
import type { ClaimedSubmission, SubmissionEnd } from '../store/types.ts';
import type { Chooser } from './chooser.ts';
import type { ConversionConfig } from './conversion-job.ts';
import { type ConvertDeps, type ConvertOptions, convertCanonical, convertOne } from './convert-one.ts';
import { type EndContext, toRefusedEnd, toSubmissionEnd, toUsed } from './ends.ts';
import { readBodyHead } from './head.ts';

/** What is needed for one submission. */
export type TakeDeps = ConvertDeps & {
  readonly chooser: Chooser;
  /** Names of the destinations that a report goes to. */
  readonly destinationsFor: (report: AssembledReport) => readonly string[];
};

/** The part of the configuration that conversions follow. */
export type TakeConfig = ConversionConfig & { readonly converters: Pick<ConvertersConfig, 'retryLater'> };

/**
 * Choose and convert.
 *
 * @param deps - Registry, pool, clock.
 * @param submission - As claimed.
 * @param options - `signal` kills the runner; `onProgress` hears how far it is.
 * @throws {AirlockError} unavailable when no runner can be started; rejects with `signal.reason` when aborted.
 */
export async function takeOne(
  deps: TakeDeps,
  submission: ClaimedSubmission,
  { config, signal, onProgress = null }: ConvertOptions & { readonly config: TakeConfig },
): Promise<SubmissionEnd> {
  const { name, body, converter: wanted, attempt } = submission;
  const { choice } = await deps.chooser.choose(
    { name, size: bodySize(body), head: await readBodyHead(body), wanted },
    { signal },
  );
  const { retryLater } = config.converters;
  const context: EndContext = { name, converter: null, attempt, retryLater, destinationsFor: deps.destinationsFor };
  switch (choice.kind) {
    case 'converter': {
      const { converter, warning } = choice;
      const result = await convertOne(deps, { submission, converter, config }, { signal, onProgress });
      const warnings = warning === null ? result.warnings : [warning, ...result.warnings];
      return toSubmissionEnd({ ...result, warnings }, { ...context, converter: toUsed(converter) });
    }
    case 'canonical':
      return toSubmissionEnd(await convertCanonical(deps, { submission, config }), context);
    case 'refused':
      return toRefusedEnd(name, choice.reason);
    case 'waiting':
      return toSubmissionEnd({ end: choice, warnings: [], log: [] }, context);
    default:
      return assertNever(choice);
  }
}
