// Answers admin/shutdown: says what will happen, then lets it happen.

import type { Handler } from '../protocol/handler.ts';
import type { adminShutdown } from '../protocol/methods/admin-shutdown.ts';
import type { BootInfo } from './boot.ts';

/** Ask the daemon to stop; `begin` returns at once. */
export type ShutdownPort = { readonly defaultGraceMs: number; readonly begin: (graceMs: number) => void };

/** The answer leaves before the drain ends: the drain lets running calls finish, and this one is running. */
export const handleAdminShutdown: Handler<typeof adminShutdown, { shutdown: ShutdownPort; boot: BootInfo }> = async (
  { shutdown, boot },
  { graceMs = shutdown.defaultGraceMs },
  { log },
) => {
  log.info({ graceMs }, 'shutdown asked for');
  shutdown.begin(graceMs);
  return { pid: boot.pid, graceMs };
};
