// Connecting to the daemon. The only file of the room that reads the environment, and that chooses clock and chance.

import { randomUUID } from 'node:crypto';
import { homedir, tmpdir } from 'node:os';
import { type Clock, systemClock } from '../core/clock.ts';
import { type Environment, resolvePlaces } from '../disk/places.ts';
import { makeNodeIpcTransport } from '../link/transport.ts';
import type { Transport } from '../link/wire.ts';
import type { HelloParams } from '../protocol/handshake.ts';
import { type Client, makeClient } from './client.ts';
import { type Link, type LinkInput, openLink } from './link.ts';
import { type ClientState, LinkKeeper } from './link-keeper.ts';
import { makePacer } from './pacer.ts';
import { makeProgressBoard } from './progress.ts';

export type { Client } from './client.ts';

/** Options of {@link connect}. What is left out is taken from the environment as the command line does. */
export type ConnectOptions = {
  /** Home folder, absolute; else `AIRLOCK_HOME`, else the user's. */
  readonly home?: string;
  /** Instance; else `AIRLOCK_INSTANCE`, else `default`. */
  readonly instance?: string;
  /** Where everything lies; instead of `home` and `instance`. */
  readonly places?: LinkInput['places'];
  /** Socket path or full pipe name; else `AIRLOCK_ENDPOINT`, else what the discovery file says. */
  readonly endpoint?: string;
  /** Key id; else `AIRLOCK_KEY`, else `local`, else the only key that can be read. */
  readonly key?: string;
  /** How this program calls itself, for the daemon's log; each at most 100 characters. */
  readonly client?: HelloParams['client'];
  /** Milliseconds until a connection is authenticated, for each try; default 5,000. */
  readonly timeoutMs?: number;
  /** Gives the connecting up. A client that is connected is ended by its disposal. */
  readonly signal?: AbortSignal;
  /** Connect again when the connection is lost, for as long as it takes; default true. false: the client ends with its connection. */
  readonly reconnect?: boolean;
  /** Told each time the connection is lost, there again, or gone for ever. */
  readonly onState?: (state: ClientState) => void;
  /** Instead of `process.env`. */
  readonly env?: Environment;
  /** Instead of node-ipc. */
  readonly transport?: Transport;
  /** Instead of the machine's clock. */
  readonly clock?: Clock;
};

const DEFAULT_TIMEOUT_MS = 5000;

function setting(env: Environment, name: string): string | undefined {
  const text = env[name];
  return text === '' ? undefined : text;
}

function findPlaces({ places, home, instance }: ConnectOptions, env: Environment): LinkInput['places'] {
  if (places !== undefined) return places;
  const machine = { platform: process.platform, homedir: homedir(), tmpdir: tmpdir(), uid: process.getuid?.() ?? null };
  return resolvePlaces({ home, instance, env, ...machine });
}

function toInput(options: ConnectOptions, env: Environment): LinkInput {
  const { client = { name: 'airlock-client', version: '' }, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  return {
    places: findPlaces(options, env),
    endpoint: options.endpoint ?? setting(env, 'AIRLOCK_ENDPOINT'),
    key: options.key ?? setting(env, 'AIRLOCK_KEY'),
    client,
    timeoutMs,
    uid: process.getuid?.() ?? null,
  };
}

/**
 * Connect to the daemon of this user and prove both sides to each other.
 *
 * The first try decides: without a daemon it throws. After that the client lives until it is disposed of: a connection that is lost
 * is made anew (`reconnect`), with pauses of 100 ms to 5 s.
 *
 * @example
 * await using client = await connect();
 * const { state } = await client.call('status/get', {});
 *
 * @throws {AirlockError} not_running when no daemon answers for this home; unauthenticated when there is no key or either side
 * cannot prove it; unsupported_protocol, saying which side is too old; too_many_connections; deadline_exceeded after `timeoutMs`;
 * unavailable when a folder, key file or socket fails a check, the system refuses, or the connection is lost; usage when home,
 * instance or endpoint cannot be used.
 * @throws `signal.reason` when aborted.
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const { env = process.env, clock = systemClock, reconnect = true, onState } = options;
  const progress = makeProgressBoard();
  const deps = { clock, progress, transport: options.transport ?? makeNodeIpcTransport({ clock }) };
  const input = toInput(options, env);
  const first = await openLink(deps, input, options);
  const pacer = makePacer({ clock }, first.session.rate);
  const reopen = async (more: { readonly signal: AbortSignal }): Promise<Link> => {
    const link = await openLink(deps, input, more);
    pacer.setRate(link.session.rate);
    return link;
  };
  const keeper = new LinkKeeper({ clock, onState, open: reconnect ? reopen : null, random: Math.random }, first);
  return makeClient({ clock, progress, pacer, keeper, random: Math.random, makeKey: randomUUID });
}
