// airlock queue retry|hold|release|delete|purge: deliveries that a person tries again, holds back, lets go, or deletes.

import type { DELETABLE_DELIVERY_STATES, HOLDABLE_DELIVERY_STATES, RetryableDeliveryState } from '../../core/states.ts';
import type { Command } from '../context.ts';
import { connectDaemon, patiently } from '../daemon-link.ts';
import { tellSelected } from '../tell-selected.ts';

/** Which deliveries: exactly one of ids, state and destination, all. */
export type ByHandArguments<State> = {
  readonly ids: readonly string[];
  readonly state: State | null;
  readonly destination: string | null;
  readonly isAll: boolean;
  readonly isDryRun: boolean;
};

type Deletable = (typeof DELETABLE_DELIVERY_STATES)[number];
type Holdable = (typeof HOLDABLE_DELIVERY_STATES)[number];

function toParams<State extends string>({ ids, state, destination, isAll, isDryRun }: ByHandArguments<State>) {
  return {
    dryRun: isDryRun,
    ...(ids.length === 0 ? {} : { ids: [...ids] }),
    ...(state === null ? {} : { state }),
    ...(destination === null ? {} : { destination }),
    ...(isAll ? { all: true as const } : {}),
  };
}

/** Dead, held, deferred and corrupt deliveries become ready. @throws {AirlockError} invalid_params. */
export const queueRetry: Command<ByHandArguments<RetryableDeliveryState>> = async (context, input) => {
  await using client = await connectDaemon(context);
  const result = await client.call('queue/retry', toParams(input), patiently(context));
  return tellSelected(context.output, result, { what: 'deliveries', done: 'tried again' });
};

/** @throws {AirlockError} invalid_params. */
export const queueHold: Command<ByHandArguments<Holdable>> = async (context, input) => {
  await using client = await connectDaemon(context);
  const result = await client.call('queue/hold', toParams(input), patiently(context));
  return tellSelected(context.output, result, { what: 'deliveries', done: 'held' });
};

/** @throws {AirlockError} invalid_params. */
export const queueRelease: Command<ByHandArguments<'held'>> = async (context, input) => {
  await using client = await connectDaemon(context);
  const result = await client.call('queue/release', toParams(input), patiently(context));
  return tellSelected(context.output, result, { what: 'deliveries', done: 'released' });
};

/** @throws {AirlockError} invalid_params. */
export const queueDelete: Command<ByHandArguments<Deletable>> = async (context, input) => {
  await using client = await connectDaemon(context);
  const result = await client.call('queue/delete', toParams(input), patiently(context));
  return tellSelected(context.output, result, { what: 'deliveries', done: 'deleted' });
};
