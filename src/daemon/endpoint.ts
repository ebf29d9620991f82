// Where this daemon listens, and the file that says so.

import { randomBytes } from 'node:crypto';
import type { Logger } from '../core/logger.ts';
import type { Places } from '../disk/places.ts';
import type { IpcConfig } from '../config/schema/ipc.ts';
import type { Clock } from '../core/clock.ts';
import { chooseSocketPath, makePipeName } from '../link/endpoint-name.ts';
import { makeNodeIpcTransport } from '../link/transport.ts';
import { makeNodeTransport } from '../link/transport-node.ts';
import type { Transport } from '../link/wire.ts';

/** Short on every Unix: the fall-back when the runtime folder's path is too long for a socket. */
const SHORT_TEMP = '/tmp';

/**
 * The endpoint of an instance on this machine: a socket path, or a pipe name that is new at each start.
 *
 * @param places - Places of the instance.
 * @param log - Is told when the socket lies elsewhere than expected.
 */
export function chooseEndpoint(places: Pick<Places, 'run' | 'instance' | 'home'>, log: Logger): string {
  const uid = process.getuid?.();
  if (uid === undefined) return makePipeName(randomBytes);
  const { path, isShortened } = chooseSocketPath({
    run: places.run,
    instance: places.instance,
    home: places.home,
    shortTemp: SHORT_TEMP,
    uid,
  });
  if (isShortened)
    log.warn(
      { socket: path, run: places.run },
      'the runtime folder has too long a path for a socket: it lies elsewhere',
    );
  return path;
}

/**
 * The transport of the configuration. Callers cannot tell them apart.
 *
 * @param deps - Clock for its time-outs.
 * @param name - `ipc.transport`.
 */
export function chooseTransport(deps: { readonly clock: Clock }, name: IpcConfig['transport']): Transport {
  return name === 'node' ? makeNodeTransport(deps) : makeNodeIpcTransport(deps);
}
