// airlock queue hold|release|delete|purge: deliveries that a person holds back, lets go, or deletes.

import type { DELETABLE_DELIVERY_STATES } from '../../core/states.ts';
import { makeUuidV7 } from '../../core/ids.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { type SelectedResult, tellSelected } from '../tell-selected.ts';

/** Which deliveries: exactly one of ids, state and destination, all. */
export type ByHandArguments<State> = {
  readonly ids: readonly string[];
  readonly state: State | null;
  readonly destination: string | null;
  readonly isAll: boolean;
  readonly isDryRun: boolean;
};

type Deletable = (typeof DELETABLE_DELIVERY_STATES)[number];

function toParams<State extends string>(input: ByHandArguments<State>, nowUnixMs: number) {
  const { ids, state, destination, isAll, isDryRun } = input;
  return {
    dryRun: isDryRun,
    ...(ids.length === 0 ? {} : { ids: [...ids] }),
    ...(state === null ? {} : { state }),
    ...(destination === null ? {} : { destination }),
    ...(isAll ? { all: true as const } : {}),
    // A call whose answer is lost is sent again, and done once.
    idempotencyKey: makeUuidV7(nowUnixMs),
  };
}

/** @throws {AirlockError} invalid_params. */
export const queueHold: Command<ByHandArguments<'ready' | 'deferred' | 'held'>> = async (context, input) => {
  await using client = await connectDaemon(context);
  const result = await client.call('queue/hold', toParams(input, context.clock.nowUnixMs()));
  return tellSelected(context.output, result, { what: 'deliveries', done: 'held' });
};

/** @throws {AirlockError} invalid_params. */
export const queueRelease: Command<ByHandArguments<'held'>> = async (context, input) => {
  await using client = await connectDaemon(context);
  const result: SelectedResult = await client.call('queue/release', toParams(input, context.clock.nowUnixMs()));
  return tellSelected(context.output, result, { what: 'deliveries', done: 'released' });
};

/** @throws {AirlockError} invalid_params. */
export const queueDelete: Command<ByHandArguments<Deletable>> = async (context, input) => {
  await using client = await connectDaemon(context);
  const result = await client.call('queue/delete', toParams(input, context.clock.nowUnixMs()));
  return tellSelected(context.output, result, { what: 'deliveries', done: 'deleted' });
};
