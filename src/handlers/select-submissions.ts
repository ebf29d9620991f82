// Which submissions a call means, as the store takes it.

import { AirlockError } from '../core/errors.ts';
import { toSubmissionId } from '../core/ids.ts';
import type { SubmissionState } from '../core/states.ts';
import type { HandOutcome, SubmissionSelection } from '../store/queue-types.ts';
import { type HandSum, inBatches } from './in-batches.ts';

type Params = { readonly ids?: readonly string[] | undefined; readonly state?: SubmissionState | undefined };

function refuse(method: string): AirlockError {
  const message = 'give ids or state: exactly one of the two';
  return new AirlockError('invalid_params', `Cannot run ${method}: ${message}`, {
    data: { details: [{ path: [], code: 'exactly_one', message }] },
  });
}

async function inPieces(
  ids: readonly string[],
  act: (selection: SubmissionSelection) => Promise<HandOutcome>,
  { signal, atOnce }: { readonly signal: AbortSignal; readonly atOnce: number },
): Promise<HandSum> {
  const outcomes: HandOutcome[] = [];
  for (let start = 0; start < ids.length; start += atOnce) {
    signal.throwIfAborted();
    const submissions = ids.slice(start, start + atOnce).map(toSubmissionId);
    outcomes.push(await act({ kind: 'named', submissions }));
  }
  return {
    count: outcomes.reduce((sum, { count }) => sum + count, 0),
    skipped: outcomes.flatMap(({ skipped }) => skipped),
  };
}

/**
 * Do something with the submissions that a call means.
 *
 * @param method - Its name, for the message.
 * @param act - Does it with one batch.
 * @param options - `atOnce`: named ones in one batch.
 * @throws {AirlockError} invalid_params when it is not said, or said twice, which submissions are meant.
 */
export async function withSubmissions(
  { method, params }: { readonly method: string; readonly params: Params },
  act: (selection: SubmissionSelection) => Promise<HandOutcome>,
  options: { readonly signal: AbortSignal; readonly atOnce: number },
): Promise<HandSum> {
  const { ids, state } = params;
  // One that is named twice is meant once.
  if (state === undefined && ids !== undefined) return inPieces([...new Set(ids)], act, options);
  if (state === undefined || ids !== undefined) throw refuse(method);
  return inBatches((after) => act({ kind: 'filter', after, state }), options);
}
