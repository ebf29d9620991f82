// Answers report/list.

import { toSubmissionId } from '../core/ids.ts';
import type { Handler } from '../protocol/handler.ts';
import type { reportList } from '../protocol/methods/report-list.ts';
import type { Store } from '../store/types.ts';
import { toPage } from './page.ts';
import { toReportSummary } from './rows.ts';
import { viewerOf } from './viewer.ts';

/** Newest first, in pages. @throws {AirlockError} invalid_params for a cursor that is not ours. */
export const handleReportList: Handler<typeof reportList, { store: Pick<Store, 'listReports'> }> = async (
  { store },
  params,
  { caller },
) => {
  const { limit, cursor, state, submissionId } = params;
  const page = await store.listReports(viewerOf(caller), {
    limit,
    cursor: cursor ?? null,
    state: state ?? null,
    submissionId: submissionId === undefined ? null : toSubmissionId(submissionId),
  });
  return toPage(page, toReportSummary);
};
