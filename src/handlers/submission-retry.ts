// Answers submission/retry.

import { hasScope } from '../core/scopes.ts';
import type { Handler } from '../protocol/handler.ts';
import type { submissionRetry } from '../protocol/methods/submission-retry.ts';
import { MAX_NAMED } from '../protocol/selection.ts';
import type { QueueStore } from '../store/queue-types.ts';
import { withSubmissions } from './select-submissions.ts';

/**
 * A key without `admin` reaches its own submissions only; others are `unknown` to it.
 *
 * @throws {AirlockError} invalid_params when it is not said, or said twice, which submissions are meant.
 */
export const handleSubmissionRetry: Handler<
  typeof submissionRetry,
  { store: Pick<QueueStore, 'retrySubmissions'> }
> = async ({ store }, params, { caller, signal, log }) => {
  const { dryRun, state, converter = null } = params;
  const kid = hasScope(caller.scopes, 'admin') ? null : caller.kid;
  const options = { isDryRun: dryRun, converter, arguments: params.arguments ?? null, kid };
  const { count, skipped } = await withSubmissions(
    { method: 'submission/retry', params },
    (selection) => store.retrySubmissions(selection, options),
    { signal, atOnce: MAX_NAMED },
  );
  if (!dryRun) log.info({ count, state, converter }, 'submissions are converted again');
  return { count, dryRun, skipped: [...skipped] };
};
