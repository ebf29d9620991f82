// What a start finds in progress goes back to where it came from; nothing else is touched.

import { changeDelivery, changeSubmission, DELIVERY_CHANGE_COLUMNS } from './change.ts';
import type { CallTime, StoreContext } from './context.ts';
import { readNumber, readText } from './rows.ts';

/** Work that is still in hand although the store's thread was started anew: left as it is. */
export type InHand = {
  readonly submissions: readonly string[];
  /** As {@link toDeliveryKey} writes them. */
  readonly deliveries: readonly string[];
};

/** What was put back. */
export type Recovered = { readonly submissions: number; readonly deliveries: number };

/**
 * One text for one delivery.
 *
 * @param name - Its report, revision and destination.
 */
export function toDeliveryKey(name: {
  readonly reportId: string;
  readonly revision: number;
  readonly destination: string;
}): string {
  return `${name.reportId} ${name.revision} ${name.destination}`;
}

/**
 * Put `converting` back to `received` and `inflight` back to `ready`. A conversion that its process did not survive counts as
 * a crash of that submission; a delivery is charged nothing.
 *
 * @param context - Inside a transaction.
 */
export function recover(context: StoreContext, { inHand, ...time }: CallTime & { readonly inHand: InHand }): Recovered {
  const { database } = context;
  const submissions = database
    .all("SELECT * FROM submission WHERE state = 'converting' ORDER BY seq")
    .filter((row) => !inHand.submissions.includes(readText(row, 'id')));
  for (const row of submissions) {
    changeSubmission(context, row, { ...time, to: { state: 'received' } });
    database.run('UPDATE submission SET crashes = crashes + 1 WHERE seq = :seq', { seq: readNumber(row, 'seq') });
  }
  const deliveries = database
    .all(`SELECT r.revision, ${DELIVERY_CHANGE_COLUMNS} WHERE d.state = 'inflight' ORDER BY d.position`)
    .filter((row) => {
      const [reportId, destination] = [readText(row, 'report_id'), readText(row, 'destination')];
      return !inHand.deliveries.includes(
        toDeliveryKey({ reportId, revision: readNumber(row, 'revision'), destination }),
      );
    });
  for (const row of deliveries) changeDelivery(context, row, { state: 'ready' });
  return { submissions: submissions.length, deliveries: deliveries.length };
}
