// Deliveries that wait for their destination, and what is remembered about destinations.

import { changeDelivery, DELIVERY_CHANGE_COLUMNS } from './change.ts';
import type { StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { NOT_BY_HAND } from './hand-holds.ts';
import { readNumber, readNumberOrNull, readText, readTextOrNull } from './rows.ts';
import type { DestinationState } from './types.ts';

const REMOVED = 'destination_removed';
const DESTINATION_STATES = ['up', 'waiting', 'held'] as const;

function releaseAll(context: StoreContext, rows: readonly Row[]): number {
  for (const row of rows) changeDelivery(context, row, { state: 'ready' });
  return rows.length;
}

/**
 * All `held` deliveries of a destination become `ready`, but for those that a person holds.
 *
 * @param context - Inside a transaction.
 * @returns How many.
 */
export function releaseHeld(context: StoreContext, destination: string): number {
  const rows = context.database.all(
    `SELECT ${DELIVERY_CHANGE_COLUMNS} WHERE d.destination = :destination AND d.state = 'held' AND ${NOT_BY_HAND} ORDER BY d.position`,
    { destination },
  );
  return releaseAll(context, rows);
}

/**
 * Hold what is bound for a destination that is not configured any more, and take back what is configured again.
 *
 * @param context - Inside a transaction.
 * @returns How many are held now that were not before.
 */
export function holdRemoved(context: StoreContext, configured: readonly string[]): number {
  const rows = context.database.all(
    `SELECT ${DELIVERY_CHANGE_COLUMNS} WHERE d.state IN ('ready', 'deferred', 'held') ORDER BY d.position`,
  );
  const isConfigured = (row: Row): boolean => configured.includes(readText(row, 'destination'));
  const isHeldAsRemoved = (row: Row): boolean => row['state'] === 'held' && row['reason'] === REMOVED;
  releaseAll(
    context,
    rows.filter((row) => isConfigured(row) && isHeldAsRemoved(row)),
  );
  const removed = rows.filter((row) => !isConfigured(row) && row['state'] !== 'held');
  for (const row of removed) changeDelivery(context, row, { state: 'held', reason: REMOVED });
  return removed.length;
}

function toDestination(row: Row): DestinationState {
  const state = DESTINATION_STATES.find((known) => known === row['state']);
  if (state === undefined) throw new Error(`Cannot read column state: found ${String(row['state'])}`);
  return {
    name: readText(row, 'name'),
    state,
    reason: readTextOrNull(row, 'reason'),
    message: readTextOrNull(row, 'message'),
    sinceUnixMs: readNumberOrNull(row, 'since'),
    dueUnixMs: readNumberOrNull(row, 'due'),
    failures: readNumber(row, 'failures'),
  };
}

/** Every destination that ever had a state written, by name. */
export function listDestinations({ database }: StoreContext): readonly DestinationState[] {
  return database.all('SELECT * FROM destination ORDER BY name').map(toDestination);
}

/**
 * Remember the state of a destination.
 *
 * @param context - Inside a transaction.
 */
export function setDestination({ database }: StoreContext, destination: DestinationState): void {
  database.run(
    `INSERT OR REPLACE INTO destination (name, state, reason, message, since, due, failures)
     VALUES (:name, :state, :reason, :message, :since, :due, :failures)`,
    {
      name: destination.name,
      state: destination.state,
      reason: destination.reason,
      message: destination.message,
      since: destination.sinceUnixMs,
      due: destination.dueUnixMs,
      failures: destination.failures,
    },
  );
}
