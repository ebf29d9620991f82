// One authenticated connection: the daemon found, checked, and proved from both sides.

import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import { PRE_AUTH_CAPS } from '../link/framing.ts';
import type { IpcKey } from '../link/handshake.ts';
import type { Transport, Wire, WireEvents } from '../link/wire.ts';
import type { AuthenticateResult, HelloParams } from '../protocol/handshake.ts';
import { authenticate } from './authenticate.ts';
import { Connection, type ConnectionDeps } from './connection.ts';
import { type ClientPlaces, discover, type Discovered } from './discover.ts';
import { type EventRouter, makeEventRouter } from './events.ts';
import { findKey } from './find-key.ts';
import type { ProgressBoard } from './progress.ts';

/** What the server told after authentication, see protocol.md 3 and 4. */
export type Session = Readonly<AuthenticateResult>;

/** An authenticated connection and what hangs on it. Whoever opened it ends it through `connection`. */
export type Link = {
  readonly connection: Connection;
  readonly session: Session;
  readonly events: EventRouter;
};

/** What {@link openLink} needs. */
export type LinkDeps = {
  readonly clock: Clock;
  readonly transport: Transport;
  /** Calls of the client that want to know how far they are, on whichever link. */
  readonly progress: ProgressBoard;
};

/** Where to connect, and as whom. */
export type LinkInput = {
  readonly places: ClientPlaces;
  /** Instead of what the discovery file says. */
  readonly endpoint: string | undefined;
  /** Key id; else as `findKey` chooses. */
  readonly key: string | undefined;
  readonly client: HelloParams['client'];
  /** Milliseconds until it is authenticated. */
  readonly timeoutMs: number;
  /** The user that must own folder and socket; null where there is none (Windows). */
  readonly uid: number | null;
};

type SignalOption = { readonly signal?: AbortSignal | undefined };
type Opened = Pick<Link, 'connection' | 'events'>;

/** Connect and tie the connection's notifications to what the caller can see of them. */
async function openConnection(
  { clock, transport, progress }: LinkDeps,
  { endpoint, timeoutMs }: { readonly endpoint: string; readonly timeoutMs: number },
  { signal }: SignalOption,
): Promise<Opened> {
  const made = Promise.withResolvers<Connection>();
  const events = makeEventRouter();
  const onNotification: ConnectionDeps['onNotification'] = (method, params) => {
    if (method === 'event' || method === 'event/lagged') events.deliver(method, params);
    if (method === '$/progress') progress.deliver(params);
  };
  const attach = (wire: Wire): WireEvents => {
    const connection = new Connection({ clock, onNotification }, wire, PRE_AUTH_CAPS);
    made.resolve(connection);
    return connection.events;
  };
  await transport.connect(endpoint, attach, signal === undefined ? { timeoutMs } : { timeoutMs, signal });
  return { connection: await made.promise, events };
}

type Entry = { readonly found: Discovered; readonly key: IpcKey; readonly endMs: number };

/** Connect with one key and prove both sides. */
async function enter(deps: LinkDeps, input: LinkInput, { found, key, endMs }: Entry, { signal }: SignalOption) {
  const leftMs = (): number => Math.max(1, Math.ceil(endMs - deps.clock.monotonicMs()));
  const opened = await openConnection(deps, { endpoint: found.endpoint, timeoutMs: leftMs() }, { signal });
  try {
    const session = await authenticate(
      { connection: opened.connection, random: randomBytes },
      { ...found, key, client: input.client },
      { deadlineMs: leftMs(), signal },
    );
    return { ...opened, session };
  } catch (cause) {
    const message = 'Cannot use the connection: the handshake failed';
    opened.connection.destroy(new AirlockError('unauthenticated', message, { cause }));
    throw cause;
  }
}

/** The key that took the place of one that was not accepted; null when that is not why. */
async function findNewer({ found, key }: Entry, name: string | undefined, error: unknown): Promise<IpcKey | null> {
  if (!(error instanceof AirlockError) || error.code !== 'unauthenticated') return null;
  // Whatever is wrong with the key of now, the first failure says more.
  const now = await findKey(found.keys, name).catch(() => null);
  return now === null || now.secret.reveal() === key.secret.reveal() ? null : now;
}

async function open(deps: LinkDeps, input: LinkInput, options: SignalOption): Promise<Link> {
  const { places, timeoutMs, uid } = input;
  const found = await discover({ ...places, endpoint: input.endpoint, uid });
  const endMs = deps.clock.monotonicMs() + timeoutMs;
  for (let key = await findKey(found.keys, input.key); ; ) {
    const entry = { found, key, endMs };
    try {
      return await enter(deps, input, entry, options);
    } catch (error) {
      // Race: the key was rotated after it was read.
      const newer = await findNewer(entry, input.key, error);
      if (newer === null) throw error;
      key = newer;
    }
  }
}

/**
 * Find the daemon, connect, and prove both sides to each other. Each time anew: a daemon that was started again listens elsewhere
 * (on Windows always), and a key may have been replaced.
 *
 * @throws {AirlockError} not_running when no daemon answers for this home; unauthenticated when there is no key or either side
 * cannot prove it; unsupported_protocol; too_many_connections; deadline_exceeded after `timeoutMs`; unavailable when a folder, key
 * file or socket fails a check, the system refuses, or the connection is lost; usage when the endpoint cannot be used.
 * @throws `signal.reason` when aborted.
 */
export async function openLink(deps: LinkDeps, input: LinkInput, { signal }: SignalOption): Promise<Link> {
  try {
    signal?.throwIfAborted();
    return await open(deps, input, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof AirlockError) throw cause;
    // Whatever the system said, the caller meets errors of the table only.
    throw new AirlockError('unavailable', 'Cannot connect to airlock: the system refused', { cause });
  }
}
