// Answers ping.

import type { Handler } from '../protocol/handler.ts';
import type { ping } from '../protocol/methods/ping.ts';
import type { BootInfo } from './boot.ts';

/** Who answers and since when. */
export const handlePing: Handler<typeof ping, { boot: BootInfo }> = ({ boot }) =>
  Promise.resolve({ bootId: boot.bootId, uptimeMs: boot.uptimeMs() });
