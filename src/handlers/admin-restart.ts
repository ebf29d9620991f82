// Answers admin/restart: says what will happen, then lets it happen.

import { AirlockError } from '../core/errors.ts';
import type { Handler } from '../protocol/handler.ts';
import type { adminRestart } from '../protocol/methods/admin-restart.ts';
import type { ShutdownPort } from './admin-shutdown.ts';
import type { BootInfo } from './boot.ts';
import type { ConfigPort } from './config-get.ts';

/** Ask the daemon to stop and to be there again. */
export type RestartPort = Pick<ShutdownPort, 'defaultGraceMs'> & {
  /** @returns False when it stops for good: somebody asked for that before. */
  readonly begin: (graceMs: number) => boolean;
  /** `itself`: the same process begins anew. `launcher`: a new one does. `supervisor`: it ends with 75, and whoever looks after it starts it. */
  readonly by: 'itself' | 'launcher' | 'supervisor';
};

const RETRY_AFTER_MS = 1_000;

type Deps = {
  readonly restart: RestartPort;
  readonly config: Pick<ConfigPort, 'validate'>;
  readonly boot: BootInfo;
};

/**
 * The answer leaves before the drain ends, as for admin/shutdown.
 *
 * @throws {AirlockError} request_failed (reason `config_invalid`) when the configuration on the disk would not let it start again;
 * shutting_down when it was asked before to stop for good.
 */
export const handleAdminRestart: Handler<typeof adminRestart, Deps> = async (
  { restart, config, boot },
  { graceMs = restart.defaultGraceMs },
  { log },
) => {
  const { valid } = await config.validate();
  if (!valid) {
    throw new AirlockError('request_failed', 'Cannot restart: the configuration on the disk has errors', {
      data: { reason: 'config_invalid' },
    });
  }
  log.info({ graceMs, by: restart.by }, 'restart asked for');
  if (!restart.begin(graceMs)) {
    throw new AirlockError('shutting_down', 'Cannot restart: the daemon was asked to stop', {
      data: { retryAfterMs: RETRY_AFTER_MS },
    });
  }
  return { pid: boot.pid, graceMs, by: restart.by };
};
