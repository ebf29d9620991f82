// Answers submission/get.

import { AirlockError } from '../core/errors.ts';
import { toSubmissionId } from '../core/ids.ts';
import type { Handler } from '../protocol/handler.ts';
import type { submissionGet } from '../protocol/methods/submission-get.ts';
import type { Store } from '../store/types.ts';
import { toSubmission } from './rows.ts';
import { viewerOf } from './viewer.ts';

/** @throws {AirlockError} not_found, also for what the key may not see. */
export const handleSubmissionGet: Handler<typeof submissionGet, { store: Pick<Store, 'getSubmission'> }> = async (
  { store },
  { submissionId },
  { caller },
) => {
  const row = await store.getSubmission(toSubmissionId(submissionId), viewerOf(caller));
  if (row === null)
    throw new AirlockError('not_found', `Cannot show submission ${submissionId}: this key sees none with that id`);
  return toSubmission(row);
};
