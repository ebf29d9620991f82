// Which deliveries a call means, as the store takes it.

import { AirlockError } from '../core/errors.ts';
import { toReportId } from '../core/ids.ts';
import type { DeliveryState } from '../core/states.ts';
import type { DeliveryRef, DeliverySelection, HandOutcome } from '../store/queue-types.ts';
import { type HandSum, inBatches } from './in-batches.ts';

type Params = {
  readonly ids?: readonly string[] | undefined;
  readonly state?: DeliveryState | undefined;
  readonly destination?: string | undefined;
  readonly all?: true | undefined;
};

/**
 * A delivery by its name.
 *
 * @param id - Its schema has looked at the form: one "@", with a UUID before it.
 */
export function toDeliveryRef(id: string): DeliveryRef {
  const [reportId = '', destination = ''] = id.split('@');
  return { reportId: toReportId(reportId), destination };
}

function assertOneWay(method: string, { ids, state, destination, all }: Params): void {
  const hasFilter = state !== undefined || destination !== undefined;
  const ways = [ids !== undefined, hasFilter, all !== undefined].filter(Boolean).length;
  if (ways === 1) return;
  const message = 'give ids, or state and destination, or all: exactly one of the three';
  throw new AirlockError('invalid_params', `Cannot run ${method}: ${message}`, {
    data: { details: [{ path: [], code: 'exactly_one', message }] },
  });
}

/**
 * Do something with the deliveries that a call means.
 *
 * @param method - Its name, for the message.
 * @param act - Does it with one batch.
 * @throws {AirlockError} invalid_params when it is not said, or said twice, which deliveries are meant.
 */
export async function withDeliveries(
  { method, params }: { readonly method: string; readonly params: Params },
  act: (selection: DeliverySelection) => Promise<HandOutcome>,
  { signal }: { readonly signal: AbortSignal },
): Promise<HandSum> {
  assertOneWay(method, params);
  const { ids, state = null, destination = null } = params;
  return ids === undefined
    ? await inBatches((after) => act({ kind: 'filter', after, state, destination }), { signal })
    : // One that is named twice is meant once.
      await act({ kind: 'named', deliveries: [...new Set(ids)].map(toDeliveryRef) });
}
