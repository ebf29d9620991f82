// Connecting to the daemon: find it, check it, prove both sides. The only file of the room that reads the environment.

import { randomBytes } from 'node:crypto';
import { homedir, tmpdir } from 'node:os';
import { type Clock, systemClock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import { type Environment, type Places, resolvePlaces } from '../disk/places.ts';
import { PRE_AUTH_CAPS } from '../link/framing.ts';
import { makeNodeIpcTransport } from '../link/transport.ts';
import type { Transport, Wire, WireEvents } from '../link/wire.ts';
import type { HelloParams } from '../protocol/handshake.ts';
import { authenticate } from './authenticate.ts';
import { type Client, makeClient } from './client.ts';
import { Connection, type ConnectionDeps } from './connection.ts';
import { discover } from './discover.ts';
import { makeSubscriptions, type Subscriptions } from './events.ts';
import { findKey } from './find-key.ts';
import { makeProgressBoard, type ProgressBoard } from './progress.ts';

export type { Client } from './client.ts';

/** Options of {@link connect}. What is left out is taken from the environment as the command line does. */
export type ConnectOptions = {
  /** Home folder, absolute; else `AIRLOCK_HOME`, else the user's. */
  readonly home?: string;
  /** Instance; else `AIRLOCK_INSTANCE`, else `default`. */
  readonly instance?: string;
  /** Where everything lies; instead of `home` and `instance`. */
  readonly places?: Pick<Places, 'run' | 'keys' | 'instance'>;
  /** Socket path or full pipe name; else `AIRLOCK_ENDPOINT`, else what the discovery file says. */
  readonly endpoint?: string;
  /** Key id; else `AIRLOCK_KEY`, else `local`, else the only key that can be read. */
  readonly key?: string;
  /** How this program calls itself, for the daemon's log; each at most 100 characters. */
  readonly client?: HelloParams['client'];
  /** Milliseconds until the connection is authenticated; default 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Instead of `process.env`. */
  readonly env?: Environment;
  /** Instead of node-ipc. */
  readonly transport?: Transport;
  /** Instead of the machine's clock. */
  readonly clock?: Clock;
};

const DEFAULT_TIMEOUT_MS = 5000;
const UNSUBSCRIBE_TIMEOUT_MS = 1000;

type Opened = {
  readonly connection: Connection;
  readonly subscriptions: Subscriptions;
  readonly progress: ProgressBoard;
};
type OpenInput = {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly endpoint: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
};

function setting(env: Environment, name: string): string | undefined {
  const text = env[name];
  return text === '' ? undefined : text;
}

function findPlaces(
  { places, home, instance }: ConnectOptions,
  env: Environment,
): Pick<Places, 'run' | 'keys' | 'instance'> {
  if (places !== undefined) return places;
  const machine = { platform: process.platform, homedir: homedir(), tmpdir: tmpdir(), uid: process.getuid?.() ?? null };
  return resolvePlaces({ home, instance, env, ...machine });
}

/** Connect and tie the connection's notifications to what the caller can see of them. */
async function openConnection({ clock, transport, endpoint, timeoutMs, signal }: OpenInput): Promise<Opened> {
  const made = Promise.withResolvers<Connection>();
  const progress = makeProgressBoard();
  const subscriptions = makeSubscriptions(async (subscription) => {
    const connection = await made.promise;
    const call = { method: 'events/unsubscribe', params: { subscription }, accept: () => undefined };
    // Nothing is left to do when it fails: the events of an ended subscription are dropped anyway.
    await connection.invoke(call, { deadlineMs: UNSUBSCRIBE_TIMEOUT_MS }).catch(() => undefined);
  });
  const onNotification: ConnectionDeps['onNotification'] = (method, params) => {
    if (method === 'event' || method === 'event/lagged') subscriptions.deliver(method, params);
    if (method === '$/progress') progress.deliver(params);
  };
  const attach = (wire: Wire): WireEvents => {
    const connection = new Connection({ clock, onNotification }, wire, PRE_AUTH_CAPS);
    made.resolve(connection);
    return connection.events;
  };
  await transport.connect(endpoint, attach, signal === undefined ? { timeoutMs } : { timeoutMs, signal });
  const connection = await made.promise;
  void connection.closed.then(subscriptions.fail);
  return { connection, subscriptions, progress };
}

/**
 * Connect to the daemon of this user and prove both sides to each other.
 *
 * @example
 * await using client = await connect();
 * const { state } = await client.call('status/get', {});
 *
 * @throws {AirlockError} not_running when no daemon answers for this home; unauthenticated when there is no key or either side
 * cannot prove it; unsupported_protocol; too_many_connections; deadline_exceeded after `timeoutMs`; unavailable when a folder, key
 * file or socket fails a check, or the connection is lost; usage when home or instance cannot be used.
 * @throws `signal.reason` when aborted.
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const { env = process.env, clock = systemClock, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
  const { client = { name: 'airlock-client', version: '' } } = options;
  const places = findPlaces(options, env);
  const found = await discover({
    run: places.run,
    instance: places.instance,
    endpoint: options.endpoint ?? setting(env, 'AIRLOCK_ENDPOINT'),
    uid: process.getuid?.() ?? null,
  });
  const key = await findKey(places.keys, options.key ?? setting(env, 'AIRLOCK_KEY'));
  const endMs = clock.monotonicMs() + timeoutMs;
  const transport = options.transport ?? makeNodeIpcTransport({ clock });
  const opened = await openConnection({ clock, transport, endpoint: found.endpoint, timeoutMs, signal });
  try {
    const deadlineMs = Math.max(1, Math.ceil(endMs - clock.monotonicMs()));
    const session = await authenticate(
      { connection: opened.connection, random: randomBytes },
      { ...found, key, client },
      { deadlineMs, signal },
    );
    return makeClient({ clock, ...opened, random: Math.random }, session);
  } catch (error) {
    const reason = new AirlockError('unauthenticated', 'Cannot use the connection: the handshake failed', {
      cause: error,
    });
    opened.connection.destroy(reason);
    throw error;
  }
}
