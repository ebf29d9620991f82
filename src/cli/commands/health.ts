// airlock health: one answer for supervisors and containers.

import { AirlockError } from '../../core/errors.ts';
import type { ResultOf } from '../../protocol/method-spec.ts';
import type { healthGet } from '../../protocol/methods/health-get.ts';
import type { CliContext, Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { toPrintableLine } from '../output.ts';

/** What must hold for exit code 0. */
export type HealthArguments = { readonly wanted: 'live' | 'ready' };

type Health = Omit<ResultOf<typeof healthGet>, 'live' | 'state'> & { readonly live: boolean; readonly state: string };

const GONE: Health = { live: false, ready: false, degraded: false, state: 'not_running', reasons: [] };

async function ask(context: CliContext): Promise<Health> {
  try {
    await using client = await connectDaemon(context);
    return await client.call('health/get', {});
  } catch (error) {
    if (error instanceof AirlockError && error.code === 'not_running') return GONE;
    throw error;
  }
}

/** Exit 0 when it is so, else 1, also when no daemon runs. */
export const health: Command<HealthArguments> = async (context, { wanted }) => {
  const { output } = context;
  const found = await ask(context);
  if (output.isJson) output.document(found);
  output.line(`${found.state}: ${found.live ? 'live' : 'not live'}, ${found.ready ? 'ready' : 'not ready'}`);
  for (const { code, subject, message } of found.reasons)
    output.line(toPrintableLine(`${code} ${subject}: ${message}`));
  return found[wanted] ? 0 : 1;
};
