// Answers submission/retry.

import { AirlockError } from '../core/errors.ts';
import { toSubmissionId } from '../core/ids.ts';
import { hasScope } from '../core/scopes.ts';
import type { Handler } from '../protocol/handler.ts';
import type { submissionRetry } from '../protocol/methods/submission-retry.ts';
import type { QueueStore } from '../store/queue-types.ts';
import { inBatches } from './in-batches.ts';

function refuse(): AirlockError {
  const message = 'give ids or state: exactly one of the two';
  return new AirlockError('invalid_params', `Cannot run submission/retry: ${message}`, {
    data: { details: [{ path: [], code: 'exactly_one', message }] },
  });
}

/**
 * A key without `admin` reaches its own submissions only; others are `unknown` to it.
 *
 * @throws {AirlockError} invalid_params when it is not said, or said twice, which submissions are meant.
 */
export const handleSubmissionRetry: Handler<
  typeof submissionRetry,
  { store: Pick<QueueStore, 'retrySubmissions'> }
> = async ({ store }, { ids, state, dryRun, ...params }, { caller, signal, log }) => {
  if ((ids === undefined) === (state === undefined)) throw refuse();
  const options = {
    isDryRun: dryRun,
    converter: params.converter ?? null,
    arguments: params.arguments ?? null,
    kid: hasScope(caller.scopes, 'admin') ? null : caller.kid,
  };
  const { count, skipped } =
    state === undefined
      ? await store.retrySubmissions({ kind: 'named', submissions: (ids ?? []).map(toSubmissionId) }, options)
      : await inBatches((after) => store.retrySubmissions({ kind: 'filter', after, state }, options), { signal });
  if (!dryRun) log.info({ count, state, converter: options.converter }, 'submissions are converted again');
  return { count, dryRun, skipped: [...skipped] };
};
