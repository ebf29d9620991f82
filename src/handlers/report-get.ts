// Answers report/get.

import { AirlockError } from '../core/errors.ts';
import { toReportId } from '../core/ids.ts';
import type { Handler } from '../protocol/handler.ts';
import type { reportGet } from '../protocol/methods/report-get.ts';
import type { Store } from '../store/types.ts';
import { toReport } from './rows.ts';
import { viewerOf } from './viewer.ts';

/** @throws {AirlockError} not_found, also for what the key may not see. */
export const handleReportGet: Handler<typeof reportGet, { store: Pick<Store, 'getReport'> }> = async (
  { store },
  { reportId },
  { caller },
) => {
  const row = await store.getReport(toReportId(reportId), viewerOf(caller));
  if (row === null)
    throw new AirlockError('not_found', `Cannot show report ${reportId}: this key sees none with that id`);
  return toReport(row);
};
