// What a person does with deliveries: hold them, let them go, delete them.

import { assertNever } from '../core/assert-never.ts';
import { changeDelivery, noteDelivery } from './change.ts';
import type { StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { HELD_BY_PERSON, NOT_BY_HAND } from './hand-holds.ts';
import type { DeliverySelection, HandAction, HandOutcome } from './queue-types.ts';
import { dropReplaced } from './reports.ts';
import { readDeliveryState } from './rows.ts';
import { doWithDeliveries, type Verdict } from './selected.ts';

type Action = {
  /** What a filter without a state stands for. */
  readonly anyState: string;
  /** Of a delivery that is not on its way at this moment. */
  readonly judge: (row: Row) => Verdict;
  readonly apply: (context: StoreContext, row: Row) => void;
};

const isHeldByHand = (row: Row): boolean => row['state'] === 'held' && row['reason'] === HELD_BY_PERSON;

const HOLD: Action = {
  anyState: `d.state IN ('ready', 'deferred', 'held') AND ${NOT_BY_HAND}`,
  judge: (row) => {
    const isWaiting = ['ready', 'deferred', 'held'].includes(readDeliveryState(row));
    return isWaiting && !isHeldByHand(row) ? 'do' : 'wrong_state';
  },
  apply: (context, row) => changeDelivery(context, row, { state: 'held', reason: HELD_BY_PERSON }),
};

const RELEASE: Action = {
  anyState: `d.state = 'held' AND d.reason = '${HELD_BY_PERSON}'`,
  judge: (row) => (isHeldByHand(row) ? 'do' : 'wrong_state'),
  apply: (context, row) => changeDelivery(context, row, { state: 'ready' }),
};

const DELETE: Action = {
  anyState: "d.state IN ('ready', 'deferred', 'held', 'dead', 'corrupt')",
  // What was delivered is a receipt: it tells a report that comes again from a new one.
  judge: (row) => (row['state'] === 'delivered' ? 'wrong_state' : 'do'),
  apply: deleteDelivery,
};

/**
 * Let a delivery go for good: its report with the last one, body and attachments too.
 *
 * @param row - Columns of `DELIVERY_CHANGE_COLUMNS`; neither delivered nor on its way.
 */
export function deleteDelivery(context: StoreContext, row: Row): void {
  noteDelivery(context, row, { state: 'deleted', reason: null });
  dropReplaced(context, row);
}

function toAction(action: HandAction): Action {
  switch (action) {
    case 'hold':
      return HOLD;
    case 'release':
      return RELEASE;
    case 'delete':
      return DELETE;
    default:
      return assertNever(action);
  }
}

/**
 * Do something with deliveries by hand. What is being uploaded is `busy`: it is whoever uploads it who decides about it.
 *
 * @param context - Inside a transaction, also for a dry run.
 */
export function handDeliveries(
  context: StoreContext,
  selection: DeliverySelection,
  { action, isDryRun }: { readonly action: HandAction; readonly isDryRun: boolean },
): HandOutcome {
  const { anyState, judge, apply } = toAction(action);
  return doWithDeliveries(context.database, selection, {
    isDryRun,
    anyState,
    judge: (row) => (row['state'] === 'inflight' ? 'busy' : judge(row)),
    apply: (row) => apply(context, row),
  });
}
