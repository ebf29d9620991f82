// Answers submission/delete.

import { hasScope } from '../core/scopes.ts';
import type { Handler } from '../protocol/handler.ts';
import type { submissionDelete } from '../protocol/methods/submission-delete.ts';
import type { QueueStore } from '../store/queue-types.ts';
import { withSubmissions } from './select-submissions.ts';

/** Named ones in one transaction: each may take a thousand reports with it. */
const AT_ONCE = 10;

/**
 * A key without `admin` reaches its own submissions only; others are `unknown` to it.
 *
 * @throws {AirlockError} invalid_params when it is not said, or said twice, which submissions are meant.
 */
export const handleSubmissionDelete: Handler<
  typeof submissionDelete,
  { store: Pick<QueueStore, 'deleteSubmissions'> }
> = async ({ store }, params, { caller, signal, log }) => {
  const { dryRun, state } = params;
  const options = { isDryRun: dryRun, kid: hasScope(caller.scopes, 'admin') ? null : caller.kid };
  const { count, skipped } = await withSubmissions(
    { method: 'submission/delete', params },
    (selection) => store.deleteSubmissions(selection, options),
    { signal, atOnce: AT_ONCE },
  );
  if (!dryRun) log.info({ count, state }, 'submissions were deleted');
  return { count, dryRun, skipped: [...skipped] };
};
