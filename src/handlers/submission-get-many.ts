// Answers submission/getMany.

import { toSubmissionId } from '../core/ids.ts';
import type { Handler } from '../protocol/handler.ts';
import type { submissionGetMany } from '../protocol/methods/submission-get-many.ts';
import type { Store } from '../store/types.ts';
import { toSubmission } from './rows.ts';
import { viewerOf } from './viewer.ts';

/** One call in place of many: whoever follows a hundred files need not spend a hundred tokens. */
export const handleSubmissionGetMany: Handler<
  typeof submissionGetMany,
  { store: Pick<Store, 'getSubmission'> }
> = async ({ store }, { submissionIds }, { caller }) => {
  const viewer = viewerOf(caller);
  const rows = await Promise.all(submissionIds.map((id) => store.getSubmission(toSubmissionId(id), viewer)));
  return { items: rows.flatMap((row) => (row === null ? [] : [toSubmission(row)])) };
};
