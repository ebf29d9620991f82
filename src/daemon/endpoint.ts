// Where this daemon listens, and the file that says so.

import { randomBytes } from 'node:crypto';
import type { Logger } from '../core/logger.ts';
import type { Places } from '../disk/places.ts';
import { chooseSocketPath, makePipeName } from '../link/endpoint-name.ts';

/** Short on every Unix: the fall-back when the runtime folder's path is too long for a socket. */
const SHORT_TEMP = '/tmp';

/**
 * The endpoint of an instance on this machine: a socket path, or a pipe name that is new at each start.
 *
 * @param places - Places of the instance.
 * @param log - Is told when the socket lies elsewhere than expected.
 */
export function chooseEndpoint(places: Places, log: Logger): string {
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
