// Answers submission/list.

import type { Handler } from '../protocol/handler.ts';
import type { submissionList } from '../protocol/methods/submission-list.ts';
import type { Store } from '../store/types.ts';
import { toPage } from './page.ts';
import { toSubmissionSummary } from './rows.ts';
import { viewerOf } from './viewer.ts';

/** Newest first, in pages. @throws {AirlockError} invalid_params for a cursor that is not ours. */
export const handleSubmissionList: Handler<typeof submissionList, { store: Pick<Store, 'listSubmissions'> }> = async (
  { store },
  { limit, cursor, state },
  { caller },
) => {
  const page = await store.listSubmissions(viewerOf(caller), { limit, cursor: cursor ?? null, state: state ?? null });
  return toPage(page, toSubmissionSummary);
};
