// Answers log/setLevel.

import type { Handler } from '../protocol/handler.ts';
import type { ParamsOf } from '../protocol/method-spec.ts';
import type { logSetLevel } from '../protocol/methods/log-set-level.ts';
import { toTime } from './rows.ts';

/** Changes the level of the log for a time. */
export type LogLevelPort = {
  /** @returns When it returns, and the level it returns to. */
  readonly set: (
    level: ParamsOf<typeof logSetLevel>['level'],
    options: { readonly forMs: number },
  ) => { readonly untilUnixMs: number; readonly returnsTo: string };
};

/** Said in the log, unless the new level leaves warnings out. */
export const handleLogSetLevel: Handler<typeof logSetLevel, { logLevel: LogLevelPort }> = async (
  { logLevel },
  { level, forMs },
  { log },
) => {
  const { untilUnixMs, returnsTo } = logLevel.set(level, { forMs });
  log.warn({ level, until: toTime(untilUnixMs), returnsTo }, 'the level of the log was changed for a time');
  return { level, until: toTime(untilUnixMs), returnsTo };
};
