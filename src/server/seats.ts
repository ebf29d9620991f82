// Who may hold a connection: few seats before authentication, counted places after it. Pure.
//
//   accept ──► silent ──hello──► greeted ──► placed (authenticated) ──► gone
//                └── yields ───────┴── refused, or yields to others that greeted ──►┘

import type { KeyId } from '../core/ids.ts';

/** Limits of the whole daemon; counts. Source: protocol.md 4. */
export type SeatLimits = {
  readonly connections: number;
  readonly perKey: number;
  /** Places that only keys with the scope `admin` may take; < connections. */
  readonly adminReserve: number;
  readonly preAuthSeats: number;
};

/** An unauthenticated connection. */
export type Seat = {
  readonly id: number;
  readonly hasGreeted: boolean;
  /** When it came, and from its `hello` on when it said that. Monotonic clock, milliseconds. */
  readonly sinceMs: number;
};

/** Everybody who is connected. */
export type SeatState = {
  /** In the order in which they came or, those that greeted, said so. */
  readonly seated: readonly Seat[];
  readonly placed: ReadonlyMap<number, KeyId>;
};

/** Why there is no place. */
export type PlaceRefusal = 'connections' | 'per_key';

/** Whether an authenticated connection got its place. */
export type PlaceOutcome =
  | { readonly kind: 'placed'; readonly state: SeatState }
  | { readonly kind: 'refused'; readonly reason: PlaceRefusal; readonly limit: number };

/** Nobody is here. */
export const EMPTY_SEATS: SeatState = { seated: [], placed: new Map() };

/**
 * How long a connection keeps its seat, or stands where there is none, after it came and after its `hello`, whoever else comes.
 * Milliseconds. Source: own choice; a real client needs a few, and ten times that while others have the processor.
 */
const UNDISTURBED_MS = 100;

/**
 * Connections over the seats that may stand for that time; over this the oldest silent one goes at once.
 *
 * Source: own choice; 64 sockets that come back as soon as they are closed fit in several times, and cost 2 MiB at most.
 */
export const STANDING_ROOM = 256;

/**
 * Let a new connection in. Call {@link clearSeats} after it.
 *
 * @param state - State so far.
 * @param id - The new connection.
 * @param nowMs - Monotonic clock, milliseconds.
 */
export function takeSeat(state: SeatState, id: number, nowMs: number): SeatState {
  return { ...state, seated: [...state.seated, { id, hasGreeted: false, sinceMs: nowMs }] };
}

/**
 * Remember that a connection has said a proper `hello`. Call {@link clearSeats} after it.
 *
 * @param state - State so far.
 * @param id - Connection; one that has no seat any more is left alone.
 * @param nowMs - Monotonic clock, milliseconds.
 */
export function greet(state: SeatState, id: number, nowMs: number): SeatState {
  if (!state.seated.some((seat) => seat.id === id)) return state;
  const others = state.seated.filter((seat) => seat.id !== id);
  return { ...state, seated: [...others, { id, hasGreeted: true, sinceMs: nowMs }] };
}

/** Those that have to go, oldest first, so that no more than `limits.preAuthSeats` stay for long. */
function yielding(seated: readonly Seat[], limits: SeatLimits, nowMs: number): readonly Seat[] {
  const silent = seated.filter(({ hasGreeted }) => !hasGreeted);
  const greeted = seated.filter(({ hasGreeted }) => hasGreeted);
  const isDue = ({ sinceMs }: Seat): boolean => nowMs - sinceMs >= UNDISTURBED_MS;
  const tooMany = Math.max(0, seated.length - limits.preAuthSeats);
  // Invariant: one that greeted yields only to others that did, so that nobody is kept out without a word.
  const tooManyGreeted = Math.max(0, greeted.length - limits.preAuthSeats);
  const due = [...silent.slice(0, tooMany).filter(isDue), ...greeted.slice(0, tooManyGreeted).filter(isDue)];
  const over = seated.length - due.length - limits.preAuthSeats - STANDING_ROOM;
  if (over <= 0) return due;
  return [...due, ...[...silent, ...greeted].filter((seat) => !due.includes(seat)).slice(0, over)];
}

/**
 * Say who has to go, because others need the seat.
 *
 * A silent connection yields once it has had its time, oldest first; one that has greeted only where more than all seats have.
 *
 * @param state - State so far.
 * @param limits - Limits.
 * @param nowMs - Monotonic clock, milliseconds.
 * @returns The state without those that have to go, and `againInMs`: when to ask again; null = not before somebody comes or greets.
 */
export function clearSeats(
  state: SeatState,
  limits: SeatLimits,
  nowMs: number,
): { readonly state: SeatState; readonly evicted: readonly number[]; readonly againInMs: number | null } {
  const evicted = yielding(state.seated, limits, nowMs);
  const seated = state.seated.filter((seat) => !evicted.includes(seat));
  const [next] = seated.filter(({ sinceMs }) => sinceMs + UNDISTURBED_MS > nowMs).map(({ sinceMs }) => sinceMs);
  const isOver = seated.length > limits.preAuthSeats && next !== undefined;
  const againInMs = isOver ? Math.ceil(next + UNDISTURBED_MS - nowMs) : null;
  return { state: { ...state, seated }, evicted: evicted.map(({ id }) => id), againInMs };
}

/**
 * Move a connection that proved its key from its seat to a place.
 *
 * @param state - State so far.
 * @param peer - Connection, its key, and whether that key has the scope `admin`.
 * @param limits - Limits.
 */
export function takePlace(
  state: SeatState,
  peer: { readonly id: number; readonly kid: KeyId; readonly isAdmin: boolean },
  limits: SeatLimits,
): PlaceOutcome {
  const open = limits.connections - (peer.isAdmin ? 0 : limits.adminReserve);
  if (state.placed.size >= open) return { kind: 'refused', reason: 'connections', limit: open };
  const ofKey = [...state.placed.values()].filter((kid) => kid === peer.kid).length;
  if (ofKey >= limits.perKey) return { kind: 'refused', reason: 'per_key', limit: limits.perKey };
  const seated = state.seated.filter((seat) => seat.id !== peer.id);
  return { kind: 'placed', state: { seated, placed: new Map(state.placed).set(peer.id, peer.kid) } };
}

/**
 * Forget a connection, wherever it was.
 *
 * @param state - State so far.
 * @param id - Connection that is gone.
 */
export function leave(state: SeatState, id: number): SeatState {
  const placed = new Map(state.placed);
  placed.delete(id);
  return { seated: state.seated.filter((seat) => seat.id !== id), placed };
}
