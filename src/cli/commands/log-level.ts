// airlock log-level: another level of the daemon's log, for a time.

import type { SETTABLE_LOG_LEVELS } from '../../core/logger.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';

/** Which level, and for how long. */
export type LogLevelArguments = { readonly level: (typeof SETTABLE_LOG_LEVELS)[number]; readonly forMs: number };

/** @throws {AirlockError} invalid_params for less than a second or more than a day. */
export const logLevel: Command<LogLevelArguments> = async (context, { level, forMs }) => {
  await using client = await connectDaemon(context);
  const result = await client.call('log/setLevel', { level, forMs });
  if (context.output.isJson) context.output.document(result);
  context.output.line(`level ${result.level} until ${result.until}, then ${result.returnsTo}`);
  return 0;
};
