// Answers health/get: the part of the status that a supervisor asks for.

import type { Handler } from '../protocol/handler.ts';
import type { healthGet } from '../protocol/methods/health-get.ts';
import type { BootInfo } from './boot.ts';
import { readStatus, type StatusSources } from './status-get.ts';

/** With one of these nothing is taken in, or nothing is converted. */
const NOT_READY: readonly string[] = ['store_failed', 'no_runner'];

/** Ready = the store answers and a runner is there; that the socket listens the answer shows. */
export const handleHealthGet: Handler<typeof healthGet, { sources: StatusSources; boot: BootInfo }> = async (deps) => {
  const { state, reasons } = await readStatus(deps);
  const isUp = state === 'ready' || state === 'degraded';
  const ready = isUp && !reasons.some(({ code }) => NOT_READY.includes(code));
  return { live: true, ready, degraded: state === 'degraded', state, reasons };
};
