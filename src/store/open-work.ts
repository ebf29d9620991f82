// What is not at its end yet: what goes on by itself, and what waits for a person or for time.

import { isDeliveryOpen, isSubmissionOpen } from '../core/states.ts';
import type { StoreContext } from './context.ts';
import { isPausedSql } from './pauses.ts';
import type { OpenWork, OpenWorkQuery } from './queue-types.ts';
import { readDeliveryState, readNumber, readSubmissionState, readText } from './rows.ts';
import { isSubmissionCounted } from './states.ts';

const SUBMISSIONS = `SELECT state, count(*) AS count FROM submission
  WHERE state IN ('receiving', 'received', 'waiting', 'converting', 'suspended') GROUP BY state`;

// One search per state: the index begins with it.
const DELIVERIES = `SELECT d.destination, d.state, count(*) AS count, ${isPausedSql('d.destination')} AS paused
  FROM delivery AS d WHERE d.state IN ('ready', 'inflight', 'deferred', 'held', 'dead', 'corrupt')
  GROUP BY d.destination, d.state`;

/**
 * Count what is open.
 *
 * @param query - Submissions count whatever its destination: nobody knows yet where they go.
 */
export function countOpenWork({ database }: StoreContext, { destination, served }: OpenWorkQuery): OpenWork {
  const moving = { submissions: 0, deliveries: 0 };
  const left: {
    submissions: Record<string, number>;
    deliveries: Record<string, number>;
  } = { submissions: {}, deliveries: {} };
  for (const row of database.all(SUBMISSIONS)) {
    const state = readSubmissionState(row);
    const count = readNumber(row, 'count');
    if (isSubmissionOpen(state)) moving.submissions += count;
    else if (isSubmissionCounted(state)) left.submissions[state] = count;
  }
  for (const row of database.all(DELIVERIES)) {
    const name = readText(row, 'destination');
    if (destination !== null && name !== destination) continue;
    const state = readDeliveryState(row);
    const count = readNumber(row, 'count');
    // What is on its way comes to its end, paused or not.
    const isServed = row['paused'] === 0 && served.includes(name);
    const isMoving = state === 'inflight' || (isDeliveryOpen(state) && isServed);
    if (isMoving) moving.deliveries += count;
    else left.deliveries[state] = (left.deliveries[state] ?? 0) + count;
  }
  return { moving, left };
}
