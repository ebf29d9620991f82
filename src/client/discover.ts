// Where the daemon of an instance listens, checked before anything connects. Source: protocol.md 10.

import { dirname, isAbsolute } from 'node:path';
import { AirlockError } from '../core/errors.ts';
import { checkPrivateDirectory } from '../disk/private-directory.ts';
import { readDiscovery } from '../link/discovery.ts';
import { checkSocket } from '../link/endpoint.ts';
import { isPipeName } from '../link/endpoint-name.ts';

/** What {@link discover} looks for. */
export type DiscoverInput = {
  /** Runtime folder. */
  readonly run: string;
  readonly instance: string;
  /** `AIRLOCK_ENDPOINT`: taken instead of what the discovery file says. */
  readonly endpoint?: string | undefined;
  /** The user that must own folder and socket; null where there is none (Windows). */
  readonly uid: number | null;
};

/** Where to connect; both go into the proofs. */
export type Discovered = { readonly endpoint: string; readonly instance: string };

const notRunning = (instance: string, cause?: unknown): AirlockError =>
  new AirlockError('not_running', `Cannot find airlock: no daemon runs for instance ${instance}`, { cause });

async function checkFolder(path: string, { instance, uid }: DiscoverInput): Promise<void> {
  try {
    await checkPrivateDirectory(path, { uid });
  } catch (error) {
    if (error instanceof AirlockError && error.data.reason === 'missing') throw notRunning(instance, error);
    throw error;
  }
}

async function findEndpoint(input: DiscoverInput): Promise<string> {
  if (input.endpoint !== undefined) {
    if (isPipeName(input.endpoint) || isAbsolute(input.endpoint)) return input.endpoint;
    throw new AirlockError(
      'usage',
      `Cannot connect to ${input.endpoint}: an endpoint is an absolute path or a full pipe name`,
    );
  }
  await checkFolder(input.run, input);
  const discovery = await readDiscovery(input.run, input.instance);
  if (discovery === null) throw notRunning(input.instance);
  return discovery.endpoint;
}

/**
 * Find the daemon of an instance.
 *
 * On Unix the folder must be this user's alone, and the socket too, before anything connects to it.
 *
 * @throws {AirlockError} not_running when there is no discovery file or no socket; unavailable when folder, file or socket fail
 * a check, with the command that mends it; usage for an endpoint that is a relative path.
 */
export async function discover(input: DiscoverInput): Promise<Discovered> {
  const endpoint = await findEndpoint(input);
  if (!isPipeName(endpoint) && input.uid !== null) {
    await checkFolder(dirname(endpoint), input);
    await checkSocket(endpoint, { uid: input.uid });
  }
  return { endpoint, instance: input.instance };
}
