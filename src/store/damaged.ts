// Submissions whose raw file is gone or cut: they fail where somebody sees it, instead of waiting for ever.

import { dropBodies } from './bodies.ts';
import { changeSubmission } from './change.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { readSubmissionState } from './rows.ts';
import { isChangeAllowed } from './states.ts';

const FAILURE = {
  code: 'io_error',
  message: 'Cannot convert file: its stored bytes are missing or have another size',
} as const;

/**
 * End a submission that cannot be converted any more, and forget what is left of its bodies.
 *
 * Decision: `corrupt` is a state of deliveries; a submission is `failed` with reason `file_damaged`.
 *
 * @param context - Inside a transaction.
 * @param row - All its columns. One that has ended keeps its end and loses only its bodies: it cannot be replayed.
 */
export function failDamaged(context: StoreContext, row: Row, time: CallTime): void {
  const from = readSubmissionState(row);
  dropBodies(context, row);
  if (!isChangeAllowed({ kind: 'submission', from, to: 'failed' })) return;
  changeSubmission(context, row, { ...time, to: { state: 'failed', reason: 'file_damaged', failure: FAILURE } });
}
