// The daemon's end of the wire: listens, counts connections, and drains them.

import type { IpcConfig } from '../config/schema/ipc.ts';
import { AirlockError } from '../core/errors.ts';
import type { IpcKey } from '../link/handshake.ts';
import type { Wire, WireEvents } from '../link/wire.ts';
import { Connection } from './connection.ts';
import type { ConnectionDeps, ServerDeps } from './deps.ts';
import { dismissConnections } from './dismiss.ts';
import { type DrainOptions, drainConnections } from './drain.ts';
import { makeEventHub } from './event-hub.ts';
import { makeHeldBytes } from './held-bytes.ts';
import { makeRateLimiter } from './rate.ts';
import { clearSeats, EMPTY_SEATS, greet, leave, type SeatState, STANDING_ROOM, takePlace, takeSeat } from './seats.ts';
import { makeBucket, takeTokens } from '../core/token-bucket.ts';

/** A listening server. Disposal closes every connection at once: drain first. */
export type Server = AsyncDisposable & {
  /** Connections that are authenticated now. */
  readonly connections: () => number;
  /**
   * Stop in order: withdraw the endpoint (discovery file first, then the listener), tell every peer, let calls end for `graceMs`,
   * abort the rest, let the answers leave, close. New calls are answered `shutting_down` from the first moment. The same promise
   * when called twice.
   */
  readonly drain: (options: DrainOptions) => Promise<void>;
};

const PLACE_RETRY_MS = 1000;

function tooManyConnections(limit: number, reason: string): AirlockError {
  const message = `Cannot authenticate: all ${limit} connections that this key could get are taken`;
  return new AirlockError('too_many_connections', message, { data: { limit, reason, retryAfterMs: PLACE_RETRY_MS } });
}

function shuttingDown(retryAfterMs: number): AirlockError {
  const data = { retryAfterMs };
  return new AirlockError('shutting_down', 'Cannot run the call: the daemon stops', { data });
}

/** The failure of a key that became void between its hello and its proof, and of calls on connections that it opened. */
function keyRevoked(): AirlockError {
  return new AirlockError('unauthenticated', 'Cannot run the call: the key was revoked', {
    data: { reason: 'key_revoked' },
  });
}

/** Charge failed proofs of the whole daemon to one bucket: 0 while it lasts, then the delay. */
function makeProofCharge({ clock }: Pick<ServerDeps, 'clock'>, { count, per, delay }: IpcConfig['failedProofs']) {
  let bucket = makeBucket({ capacity: count, refillPerSecond: (count * 1000) / per }, clock.monotonicMs());
  return (): number => {
    const taken = takeTokens(bucket, clock.monotonicMs());
    bucket = taken.state;
    return taken.kind === 'granted' ? 0 : delay;
  };
}

/** Every connection, by the id of its wire, and the seats they hold. Disposal stops the timer that clears seats. */
function makeHall(deps: ConnectionDeps) {
  const { connections, perKey, adminReserve, preAuth } = deps.config;
  const limits = { connections, perKey, adminReserve, preAuthSeats: preAuth.seats };
  const present = new Map<number, Connection>();
  /** Connections whose key is void: they end in a moment, and start no call until then. */
  const voided = new Set<number>();
  let seats: SeatState = EMPTY_SEATS;
  let clearing: Disposable | null = null;

  function change(step: (nowMs: number) => SeatState): void {
    const nowMs = deps.clock.monotonicMs();
    const { state, evicted, againInMs } = clearSeats(step(nowMs), limits, nowMs);
    seats = state;
    clearing?.[Symbol.dispose]();
    clearing = againInMs === null ? null : deps.clock.after(againInMs, () => change(() => seats));
    for (const id of evicted) present.get(id)?.destroy('its seat was needed');
  }

  function place(id: number, { kid, scopes, secret }: IpcKey): void {
    // Race: the key may have become void, or got another secret, since the hello.
    if (deps.keys.find(kid)?.secret !== secret) throw keyRevoked();
    const outcome = takePlace(seats, { id, kid, isAdmin: scopes.includes('admin') }, limits);
    if (outcome.kind === 'refused') throw tooManyConnections(outcome.limit, outcome.reason);
    seats = outcome.state;
  }

  function accept(wire: Wire): WireEvents {
    const refusal = (): AirlockError | null => (voided.has(wire.id) ? keyRevoked() : deps.refusal());
    const connection = new Connection({ ...deps, refusal }, wire, {
      greeted: () => change((nowMs) => greet(seats, wire.id, nowMs)),
      place: (key) => place(wire.id, key),
      gone: () => {
        present.delete(wire.id);
        voided.delete(wire.id);
        seats = leave(seats, wire.id);
      },
    });
    present.set(wire.id, connection);
    // Order: it is present before seats are cleared: it may be the one that has to go.
    change((nowMs) => takeSeat(seats, wire.id, nowMs));
    return connection.events;
  }

  /** End the connections of a key that is void. @returns how many there are. */
  function expel({ kid }: Pick<IpcKey, 'kid'>): number {
    const ids = [...seats.placed].filter(([id, held]) => held === kid && !voided.has(id)).map(([id]) => id);
    for (const id of ids) voided.add(id);
    const connections = ids.flatMap((id) => present.get(id) ?? []);
    void dismissConnections(deps, connections, { reason: 'key_revoked', failure: keyRevoked() });
    return connections.length;
  }

  return {
    accept,
    expel,
    all: () => [...present.values()],
    placed: () => seats.placed.size,
    [Symbol.dispose]: () => clearing?.[Symbol.dispose](),
  };
}

/**
 * Listen for callers.
 *
 * @param deps - What the composition root built.
 * @param config - `ipc`.
 * @throws {AirlockError} already_running, unavailable or cannot_write when the endpoint cannot be opened.
 */
export async function startServer(deps: ServerDeps, config: IpcConfig): Promise<Server> {
  let refusal: AirlockError | null = null;
  let draining: Promise<void> | null = null;
  const chargeFailedProof = makeProofCharge(deps, config.failedProofs);
  const rate = makeRateLimiter(deps, config.rate);
  const heldBytes = makeHeldBytes();
  const hub = makeEventHub(deps, { maxEvents: config.eventHistory });
  const hall = makeHall({ ...deps, hub, config, chargeFailedProof, rate, heldBytes, refusal: () => refusal });
  const revocations = deps.keys.onRevoked(hall.expel);
  const endpoint = await deps.open({
    maxConnections: config.connections + config.preAuth.seats + STANDING_ROOM,
    accept: (wire) => (refusal === null ? hall.accept(wire) : null),
    onError: (err) => deps.log.warn({ err }, 'the listener reported an error'),
  });

  async function drain(options: DrainOptions): Promise<void> {
    refusal = shuttingDown(options.retryAfterMs);
    await endpoint.withdraw();
    await drainConnections(deps, hall.all(), options);
  }

  return {
    connections: hall.placed,
    drain: (options) => (draining ??= drain(options)),
    [Symbol.asyncDispose]: async () => {
      using _hub = hub;
      using _hall = hall;
      using _revocations = revocations;
      await endpoint[Symbol.asyncDispose]();
    },
  };
}
