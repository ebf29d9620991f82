// airlock queue pause|resume, destination hold|release: uploads that a person stops and lets go on.

import type { ResultOf } from '../../protocol/method-spec.ts';
import type { queuePause as spec } from '../../protocol/methods/queue-pause.ts';
import type { CliContext, Command } from '../context.ts';
import { connectDaemon, patiently } from '../daemon-link.ts';

type Result = ResultOf<typeof spec>;

/** `destination` null: the whole queue. */
export type PauseArguments = { readonly destination: string | null };

/**
 * What is paused, in one line; null = nothing.
 *
 * @param paused - As `queue/stats` tells it.
 */
export function describePaused({ since, destinations }: Result['paused']): string | null {
  const whole = since === null ? [] : [`paused since ${since}`];
  const held = destinations.length === 0 ? [] : [`held: ${destinations.join(', ')}`];
  const parts = [...whole, ...held];
  return parts.length === 0 ? null : parts.join('; ');
}

function tell({ output }: CliContext, result: Result): number {
  if (output.isJson) output.document(result);
  output.line(`uploads: ${describePaused(result.paused) ?? 'nothing is paused'}`);
  return 0;
}

/** Files are taken in and converted all the same. @throws {AirlockError} not_found. */
export const queuePause: Command<PauseArguments> = async (context, { destination }) => {
  await using client = await connectDaemon(context);
  const where = destination === null ? {} : { destination };
  return tell(context, await client.call('queue/pause', where, patiently(context)));
};

/** Also ends what destinations brought upon themselves. @throws {AirlockError} not_found. */
export const queueResume: Command<PauseArguments> = async (context, { destination }) => {
  await using client = await connectDaemon(context);
  const where = destination === null ? {} : { destination };
  return tell(context, await client.call('queue/resume', where, patiently(context)));
};

/** @throws {AirlockError} not_found. */
export const destinationHold: Command<{ readonly name: string }> = async (context, { name }) => {
  await using client = await connectDaemon(context);
  return tell(context, await client.call('destination/hold', { name }, patiently(context)));
};

/** @throws {AirlockError} not_found. */
export const destinationRelease: Command<{ readonly name: string }> = async (context, { name }) => {
  await using client = await connectDaemon(context);
  return tell(context, await client.call('destination/release', { name }, patiently(context)));
};
