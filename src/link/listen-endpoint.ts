// Opening and closing an instance's endpoint in the right order. Source: protocol.md 10 "Start" and 11 (1).

import { chmod, chown, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assertNever } from '../core/assert-never.ts';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { ensurePrivateDirectory, ensureSharedDirectory } from '../disk/private-directory.ts';
import { PROTOCOL } from '../protocol/version.ts';
import { type Discovery, removeDiscovery, writeDiscovery } from './discovery.ts';
import { checkSocket, privateSocket, probeEndpoint, sharedSocket } from './endpoint.ts';
import { isPipeName } from './endpoint-name.ts';
import type { Listener, ListenOptions, Transport } from './wire.ts';

/** What {@link openEndpoint} opens. */
export type EndpointInput = {
  /** Runtime folder: the discovery file lies here, and the socket unless its path was shortened. */
  readonly run: string;
  /** What the discovery file will say; `endpoint` is where to listen. */
  readonly discovery: Omit<Discovery, 'protocol'>;
  /** A system service: where people of its groups find it. The endpoint lies there, and a second discovery file. */
  readonly shared?: SharedPlace | null;
};

/** A folder that people of a group may enter, and whose it is. */
export type SharedPlace = { readonly run: string; readonly uid: number; readonly gid: number };

const SHARED_DIRECTORY_MODE = 0o750;

/** An endpoint that listens and can be found. Disposal withdraws it and closes every wire at once: drain first. */
export type OpenEndpoint = AsyncDisposable & {
  readonly endpoint: string;
  /** Remove the discovery file, then close the listener; the wires stay. The first step of stopping; harmless twice. */
  readonly withdraw: () => Promise<void>;
};

async function clearStale(transport: Transport, path: string): Promise<void> {
  const state = await probeEndpoint(transport, path);
  switch (state) {
    case 'absent':
      return;
    case 'stale':
      await unlink(path).catch((cause: unknown) => {
        if (isSystemError(cause, 'ENOENT')) return;
        throw new AirlockError('unavailable', `Cannot remove stale socket ${path}: the system refused`, { cause });
      });
      return;
    case 'alive':
      throw new AirlockError('already_running', `Cannot listen on ${path}: another program answers there`);
    case 'unknown': {
      const reason = 'what lies there is neither a live nor a stale socket; move it away';
      throw new AirlockError('unavailable', `Cannot listen on ${path}: ${reason}`);
    }
    default:
      return assertNever(state);
  }
}

/** Let the group in; it comes last, so that nobody could ever use a socket that was not there for them. */
async function shareSocket(path: string, { uid, gid }: SharedPlace): Promise<void> {
  await chown(path, uid, gid);
  await chmod(path, 0o660);
  await checkSocket(path, sharedSocket([uid], gid));
}

async function ensureFolder(path: string, shared: SharedPlace | null): Promise<void> {
  if (shared === null || shared.run !== path) return ensurePrivateDirectory(path);
  await ensureSharedDirectory(path, { uids: [shared.uid], gid: shared.gid, mode: SHARED_DIRECTORY_MODE });
}

async function listenOnSocket(
  transport: Transport,
  path: string,
  { shared, ...options }: ListenOptions & { readonly shared: SharedPlace | null },
): Promise<Listener> {
  await ensureFolder(dirname(path), shared);
  // Order: the instance lock is held by the caller, so nobody of ours can bind between probe and listen.
  await clearStale(transport, path);
  const listener = await transport.listen(path, { ...options, isShared: shared !== null });
  try {
    const uid = process.getuid?.();
    if (uid !== undefined) await checkSocket(path, privateSocket(uid));
    if (shared !== null) await shareSocket(path, shared);
    return listener;
  } catch (error) {
    await listener[Symbol.asyncDispose]();
    throw error;
  }
}

/** Where it cannot be told to everyone it is told to nobody. */
async function tell(run: string, discovery: Discovery, shared: SharedPlace | null): Promise<void> {
  if (shared !== null) await writeDiscovery(shared.run, discovery, { gid: shared.gid });
  try {
    await writeDiscovery(run, discovery);
  } catch (error) {
    if (shared !== null) await removeDiscovery(shared.run, discovery.instance);
    throw error;
  }
}

/**
 * Listen at an endpoint, then tell callers where it is.
 *
 * The caller holds the instance lock. A live socket is never taken over, a stale one is removed.
 *
 * @throws {AirlockError} already_running when someone answers on the socket; unavailable when a folder or the socket fails a
 * check, something else lies at the path, or it cannot listen within 2 s; cannot_write when the discovery file cannot be written.
 */
export async function openEndpoint(
  { transport }: { readonly transport: Transport },
  { run, discovery, shared = null }: EndpointInput,
  options: ListenOptions,
): Promise<OpenEndpoint> {
  const { endpoint, instance } = discovery;
  await ensurePrivateDirectory(run);
  const listener = isPipeName(endpoint)
    ? await transport.listen(endpoint, { ...options, isShared: shared !== null })
    : await listenOnSocket(transport, endpoint, { ...options, shared });
  try {
    await tell(run, { ...discovery, protocol: { ...PROTOCOL } }, shared);
  } catch (error) {
    await listener[Symbol.asyncDispose]();
    throw error;
  }
  async function withdraw(): Promise<void> {
    // Order: first nobody can find it, then nobody can connect.
    if (shared !== null) await removeDiscovery(shared.run, instance);
    await removeDiscovery(run, instance);
    await listener.stopAccepting();
  }
  return {
    endpoint,
    withdraw,
    [Symbol.asyncDispose]: async () => {
      // The listener is closed also when the discovery file cannot be removed; neither error is lost.
      await using _closing = listener;
      await withdraw();
    },
  };
}
