// Who may hold a connection: few seats before authentication, counted places after it. Pure.
//
//   accept ──► seated (oldest yields when all seats are taken) ──► placed (authenticated) ──► gone
//                 └────────── refused: too many connections ──────────────────────────────►┘

import type { KeyId } from '../core/ids.ts';

/** Limits of the whole daemon; counts. Source: protocol.md 4. */
export type SeatLimits = {
  readonly connections: number;
  readonly perKey: number;
  /** Places that only keys with the scope `admin` may take; < connections. */
  readonly adminReserve: number;
  readonly preAuthSeats: number;
};

/** Everybody who is connected. */
export type SeatState = {
  /** Connection ids, oldest first. */
  readonly seated: readonly number[];
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
 * Give a new connection a seat; the oldest unauthenticated one yields when all are taken.
 *
 * A real client needs its seat for milliseconds, so it gets through even while somebody keeps all seats full.
 *
 * @param state - State so far.
 * @param id - The new connection.
 * @param limits - Limits.
 * @returns The new state, and the connection that has to go.
 */
export function takeSeat(
  state: SeatState,
  id: number,
  limits: SeatLimits,
): { readonly state: SeatState; readonly evicted: number | null } {
  const [oldest, ...others] = state.seated;
  const isFull = oldest !== undefined && state.seated.length >= limits.preAuthSeats;
  const seated = [...(isFull ? others : state.seated), id];
  return { state: { ...state, seated }, evicted: isFull ? oldest : null };
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
  const seated = state.seated.filter((id) => id !== peer.id);
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
  return { seated: state.seated.filter((one) => one !== id), placed };
}
