// How long a peer that does not heed its rate limit is put up with, and when each of its denied calls may come back. Pure. Source:
// protocol.md 5.

const MAX_DENIALS = 50;

const WITHIN_MS = 10_000;

/**
 * Most denied calls of one class that may have a time of their own; those after them are told the last one's.
 *
 * Source: own choice; more than the denials that close a connection.
 */
const MAX_TURNS = 64;

/** What one connection was told, and what it did. Times are of the monotonic clock, milliseconds. */
export type Patience = {
  /** When it called although it had been told to wait, oldest first. */
  readonly ignored: readonly number[];
  /** When its denied calls may come back, by class, earliest first. */
  readonly turns: Readonly<Record<string, readonly number[]>>;
};

/** A call that was denied. */
export type Denial = {
  /** Class of the call. */
  readonly bucket: string;
  /** Until the next token is there. */
  readonly retryAfterMs: number;
  /** From one token to the next. */
  readonly tokenMs: number;
  /** Calls that the peer may have sent before it read the first denial: as many as it may have in flight. */
  readonly unread: number;
};

/** What a denied call is told, and whether that is the end of the connection. */
export type DenialOutcome = { readonly patience: Patience; readonly retryAfterMs: number; readonly isOver: boolean };

/** Nothing was denied. */
export const UNTRIED: Patience = { ignored: [], turns: {} };

/** One whose time has come is used; null = none. */
function useTurn(turns: readonly number[], nowMs: number): readonly number[] | null {
  const [first, ...others] = turns;
  return first !== undefined && first <= nowMs ? others : null;
}

/**
 * Count a call that was let through. One that came in its turn makes up for one that was counted: who waits as told, and has a new
 * call for each that went through, is no worse than the limit.
 *
 * @param patience - Returned by the call before; begin with {@link UNTRIED}.
 * @param bucket - Class of the call.
 * @param nowMs - Monotonic clock, milliseconds.
 */
export function countGrant(patience: Patience, bucket: string, nowMs: number): Patience {
  const turns = useTurn(patience.turns[bucket] ?? [], nowMs);
  if (turns === null) return patience;
  return { ignored: patience.ignored.slice(1), turns: { ...patience.turns, [bucket]: turns } };
}

/**
 * Count one denial.
 *
 * Each denied call gets a time of its own, one token after the one before: told the same time, all would come back together and all
 * but one be denied again. A call that comes when its time is there has heeded the limit, also when another connection of the key
 * took the token; any other is counted. A peer that keeps to its calls in flight is never closed for what it sent before it read the
 * first denial; one that sends more than that at once may be.
 *
 * @param patience - Returned by the call before; begin with {@link UNTRIED}.
 * @param denial - What the buckets said.
 * @param nowMs - Monotonic clock, milliseconds.
 * @returns `retryAfterMs` for the answer; `isOver` with the 50th that was not heeded within 10 s, or with the first over `unread`
 * where that is more.
 */
export function countDenial(patience: Patience, denial: Denial, nowMs: number): DenialOutcome {
  const { bucket, retryAfterMs, tokenMs, unread } = denial;
  const before = patience.turns[bucket] ?? [];
  const others = useTurn(before, nowMs);
  const recent = patience.ignored.filter((atMs) => nowMs - atMs < WITHIN_MS);
  const ignored = others === null ? [...recent, nowMs] : recent;
  const turns = others ?? before;
  const last = turns.at(-1) ?? -Infinity;
  const isFull = turns.length >= MAX_TURNS;
  // Order: rounded up, so that who comes exactly then comes in time.
  const waitMs = Math.ceil(Math.max(retryAfterMs, last + (isFull ? 0 : tokenMs) - nowMs));
  const kept = isFull ? turns : [...turns, nowMs + waitMs];
  return {
    patience: { ignored, turns: { ...patience.turns, [bucket]: kept } },
    retryAfterMs: waitMs,
    isOver: ignored.length >= Math.max(MAX_DENIALS, unread + 1),
  };
}
