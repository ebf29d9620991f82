// Where the daemon of an instance listens, checked before anything connects. Source: protocol.md 10.

import { dirname, isAbsolute } from 'node:path';
import { AirlockError, isSystemError } from '../core/errors.ts';
import type { Places, ServicePlaces } from '../disk/places.ts';
import { checkDirectory, checkPrivateDirectory } from '../disk/private-directory.ts';
import { readDiscovery } from '../link/discovery.ts';
import { checkSocket, privateSocket, sharedSocket } from '../link/endpoint.ts';
import { isPipeName } from '../link/endpoint-name.ts';
import { readServiceUids } from './service-owner.ts';

/** Where a client looks: in a home, and, if `looksForService`, for the system service where none of its own runs. */
export type ClientPlaces = Pick<Places, 'run' | 'keys' | 'instance'> &
  Partial<Pick<Places, 'service' | 'looksForService'>>;

/** What {@link discover} looks for. */
export type DiscoverInput = ClientPlaces & {
  /** `AIRLOCK_ENDPOINT`: taken instead of what the discovery file says. */
  readonly endpoint?: string | undefined;
  /** The user that must own folder and socket; null where there is none (Windows). */
  readonly uid: number | null;
};

/** Where the keys of a daemon lie. `uids`: who may own them; null where there are no owners (Windows). */
export type KeyPlace =
  | { readonly kind: 'own'; readonly directory: string }
  | { readonly kind: 'service'; readonly directory: string; readonly uids: readonly number[] | null };

/** Where to connect; both go into the proofs. `keys`: where a key for it is found. */
export type Discovered = { readonly endpoint: string; readonly instance: string; readonly keys: KeyPlace };

const SHARED_DIRECTORY_MODE = 0o750;

const notRunning = (instance: string, cause?: unknown): AirlockError =>
  new AirlockError('not_running', `Cannot find airlock: no daemon runs for instance ${instance}`, { cause });

/** A folder that is not there means that nobody runs there. */
async function orNotRunning(instance: string, check: Promise<void>): Promise<void> {
  try {
    await check;
  } catch (error) {
    if (error instanceof AirlockError && error.data.reason === 'missing') throw notRunning(instance, error);
    throw error;
  }
}

async function readEndpoint(run: string, instance: string): Promise<string> {
  const discovery = await readDiscovery(run, instance);
  if (discovery === null) throw notRunning(instance);
  return discovery.endpoint;
}

/** A socket in the folder that a service shares with its groups. */
async function checkShared(run: string, endpoint: string, uids: readonly number[]): Promise<void> {
  await checkDirectory(run, { uids, mode: SHARED_DIRECTORY_MODE });
  await checkSocket(endpoint, sharedSocket(uids));
}

async function checkOwn(endpoint: string, { instance, uid, service }: DiscoverInput): Promise<void> {
  if (uid === null || isPipeName(endpoint)) return;
  const folder = dirname(endpoint);
  // A service that this very user runs for its groups.
  if (folder === service?.run) return checkShared(folder, endpoint, [uid]);
  await orNotRunning(instance, checkPrivateDirectory(folder, { uid }));
  await checkSocket(endpoint, privateSocket(uid));
}

async function discoverOwn(input: DiscoverInput): Promise<Discovered> {
  const { run, instance, uid } = input;
  await orNotRunning(instance, checkPrivateDirectory(run, { uid }));
  const endpoint = await readEndpoint(run, instance);
  await checkOwn(endpoint, input);
  return { endpoint, instance, keys: { kind: 'own', directory: input.keys } };
}

function refuseStranger(cause: unknown): AirlockError {
  const message =
    'Cannot use the airlock service of this machine: it lets in its own groups only, and this user is in none';
  return new AirlockError('forbidden', message, { cause, data: { reason: 'not_in_group' } });
}

/** The socket must lie in the checked folder: its owner alone can have put it there. */
function assertInside(run: string, endpoint: string): void {
  if (isPipeName(endpoint) || dirname(endpoint) === run) return;
  throw new AirlockError('unavailable', `Cannot use the airlock service: its socket lies outside ${run}`);
}

async function discoverService(instance: string, uid: number | null, service: ServicePlaces): Promise<Discovered> {
  const uids = uid === null ? null : await readServiceUids(service.record);
  if (uids !== null) {
    await orNotRunning(instance, checkDirectory(service.run, { uids, mode: SHARED_DIRECTORY_MODE }));
  }
  const endpoint = await readEndpoint(service.run, instance).catch((error: unknown) => {
    const cause = error instanceof AirlockError ? error.cause : error;
    throw isSystemError(cause, 'EACCES') ? refuseStranger(error) : error;
  });
  assertInside(service.run, endpoint);
  if (uids !== null && !isPipeName(endpoint)) await checkSocket(endpoint, sharedSocket(uids));
  return { endpoint, instance, keys: { kind: 'service', directory: service.keys, uids } };
}

async function discoverGiven(endpoint: string, input: DiscoverInput): Promise<Discovered> {
  if (!isPipeName(endpoint) && !isAbsolute(endpoint)) {
    throw new AirlockError(
      'usage',
      `Cannot connect to ${endpoint}: an endpoint is an absolute path or a full pipe name`,
    );
  }
  await checkOwn(endpoint, input);
  return { endpoint, instance: input.instance, keys: { kind: 'own', directory: input.keys } };
}

/**
 * Find the daemon of an instance: this user's own, else, unless the home was named, the system service of this machine.
 *
 * On Unix folder and socket must be this user's alone, or the service's as its groups share them, before anything connects.
 *
 * @throws {AirlockError} not_running when there is no discovery file or no socket; unavailable when folder, file or socket fail
 * a check, with the command that mends it; forbidden when there is a service only, and this user is in none of its groups; usage
 * for an endpoint that is a relative path.
 */
export async function discover(input: DiscoverInput): Promise<Discovered> {
  const { endpoint, instance, service, looksForService = false, uid } = input;
  if (endpoint !== undefined) return discoverGiven(endpoint, input);
  try {
    return await discoverOwn(input);
  } catch (error) {
    const isAbsent = error instanceof AirlockError && error.code === 'not_running';
    if (!isAbsent || service === undefined || !looksForService) throw error;
    return await discoverService(instance, uid, service);
  }
}
