// What a start finds in progress goes back to where it came from; nothing else is touched.

import { changeDelivery, changeSubmission, DELIVERY_CHANGE_COLUMNS } from './change.ts';
import type { CallTime, StoreContext } from './context.ts';
import { failDamaged } from './damaged.ts';
import { deleteOrphans, findDamaged } from './payload-files.ts';
import { readNumber, readText } from './rows.ts';

/** Work that is still in hand although the store's thread was started anew: left as it is. */
export type InHand = {
  readonly submissions: readonly string[];
  /** As {@link toDeliveryKey} writes them. */
  readonly deliveries: readonly string[];
  /** Ids of uploads that are open. */
  readonly uploads: readonly string[];
};

/** What was put back, what failed for its missing file, and how many files without a row were deleted. */
export type Recovered = {
  readonly submissions: number;
  readonly deliveries: number;
  readonly damaged: number;
  readonly orphans: number;
};

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
 * a crash of that submission; a delivery is charged nothing. Files and rows are held against each other.
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
  // Order: after `converting` went back, so that these fail like all others.
  const damaged = findDamaged(context).filter((row) => !inHand.submissions.includes(readText(row, 'id')));
  for (const row of damaged) failDamaged(context, row, time);
  const orphans = deleteOrphans(context, inHand.uploads);
  return { submissions: submissions.length, deliveries: deliveries.length, damaged: damaged.length, orphans };
}
