// What an outcome does to its delivery and to the destination's state: a pure step function.
//
//            3 transient in a row, or Retry-After            misconfigured, 3 ambiguous, 20 refusals
//        up ───────────────────────────────────► waiting ──────────────────────────────────────► held
//        ▲                                          │                                              │
//        └────── the probe was judged ──────────────┴────── any answer that judges the report ─────┘
//
// While waiting or held one probe at a time goes out when `dueMs` has come.

import { assertNever } from '../core/assert-never.ts';
import type { ClaimedDelivery, DeliveryEnd } from '../store/types.ts';
import { backoffMs } from './backoff.ts';
import type { SendOutcome } from './send.ts';

/** How a destination is tried again, milliseconds. */
export type RetryConfig = {
  readonly first: number;
  readonly max: number;
  /** How often a held destination is probed. */
  readonly probe: number;
};

/** A report that the destination refused; it became dead, and may have to come back. */
export type Refused = Pick<ClaimedDelivery, 'reportId' | 'revision'> & {
  readonly error: string;
  readonly answer: string | null;
};

/** State of one destination as the uploader keeps it. */
export type PolicyState = {
  readonly state: 'up' | 'waiting' | 'held';
  readonly reason: string | null;
  readonly message: string | null;
  readonly sinceUnixMs: number | null;
  /** Monotonic; null while up. */
  readonly dueMs: number | null;
  /** Transient failures in a row. */
  readonly failures: number;
  /** Ambiguous answers with no judged one between. */
  readonly ambiguous: number;
  /** Refusals without a success between, oldest first; fewer than 20. */
  readonly refusals: readonly Refused[];
  /** Uploads at once while it recovers: 1, 2, 5, then null = as configured. */
  readonly ramp: number | null;
};

/** One upload that ended. */
export type PolicyEvent = {
  readonly outcome: SendOutcome;
  /** `attempts`: failures charged to the report before this one. */
  readonly delivery: Pick<ClaimedDelivery, 'reportId' | 'revision' | 'attempts'>;
  /** Was it the one probe of a waiting or held destination? */
  readonly isProbe: boolean;
  readonly nowMs: number;
  readonly nowUnixMs: number;
};

/** What follows. */
export type PolicyStep = {
  readonly state: PolicyState;
  readonly end: DeliveryEnd;
  /** Must the destination's held deliveries become ready? */
  readonly isLifted: boolean;
  /** Dead reports that become held: the destination was at fault, not they. */
  readonly revived: readonly Refused[];
};

type Deps = { readonly retry: RetryConfig; readonly random: () => number };
type Of<Kind extends SendOutcome['kind']> = Extract<SendOutcome, { readonly kind: Kind }>;
type Change = Pick<PolicyState, 'reason' | 'message' | 'dueMs'>;

const TRANSIENT_BEFORE_WAITING = 3;
const AMBIGUOUS_BEFORE_HELD = 3;
const REFUSALS_BEFORE_HELD = 20;
const RAMP: readonly number[] = [1, 2, 5];

/** Reason of a hold after too many refusals: while it lasts, no report of this destination becomes dead by a refusal. */
const REFUSAL_RUN = 'refusal_run';

/** A destination that has never failed. */
export const UP: PolicyState = {
  state: 'up',
  reason: null,
  message: null,
  sinceUnixMs: null,
  dueMs: null,
  failures: 0,
  ambiguous: 0,
  refusals: [],
  ramp: null,
};

function change(state: PolicyState, to: 'waiting' | 'held', event: PolicyEvent, { reason, message, dueMs }: Change) {
  const isSame = state.state === to && state.reason === reason;
  const sinceUnixMs = isSame ? state.sinceUnixMs : event.nowUnixMs;
  return { ...state, state: to, reason, message, dueMs, sinceUnixMs, ramp: null } satisfies PolicyState;
}

function plain(state: PolicyState, end: DeliveryEnd): PolicyStep {
  return { state, end, isLifted: false, revived: [] };
}

type Failed = Exclude<SendOutcome, { readonly kind: 'delivered' | 'unsendable' }>;

function hold({ retry }: Deps, state: PolicyState, event: PolicyEvent, hold: Failed & { readonly reason: string }) {
  const { reason, error, answer } = hold;
  const end: DeliveryEnd = { state: 'held', error, answer };
  const dueMs = event.nowMs + retry.probe;
  const held = change(state, 'held', event, { reason, message: error, dueMs });
  return plain(held, end);
}

function nextRamp(ramp: number | null): number | null {
  return ramp === null ? null : (RAMP.find((step) => step > ramp) ?? null);
}

/** The server judged a report: it is there, and its configuration is right. */
function judged(state: PolicyState, { isProbe }: PolicyEvent, refusals: readonly Refused[]): PolicyState {
  const cleared = { ...state, failures: 0, ambiguous: 0, refusals };
  if (state.state === 'up') return { ...cleared, ramp: nextRamp(state.ramp) };
  // A late answer to an older upload does not shorten the rest that the server asked for.
  if (state.state === 'waiting' && state.reason === 'retry_after' && !isProbe) return cleared;
  return { ...UP, refusals, ramp: 1 };
}

function liftOr(before: PolicyState, after: PolicyState, end: DeliveryEnd): PolicyStep {
  return { state: after, end, isLifted: before.state === 'held' && after.state === 'up', revived: [] };
}

function onRefused(deps: Deps, state: PolicyState, event: PolicyEvent, outcome: Of<'refused'>): PolicyStep {
  const { reason, error, answer } = outcome;
  const isHeldByRun = state.state === 'held' && state.reason === REFUSAL_RUN;
  if (isHeldByRun || state.refusals.length + 1 >= REFUSALS_BEFORE_HELD) {
    const held = hold(deps, { ...state, refusals: [] }, event, { ...outcome, reason: REFUSAL_RUN });
    return { ...held, revived: state.refusals };
  }
  const { reportId, revision } = event.delivery;
  const refusals = [...state.refusals, { reportId, revision, error, answer }];
  return liftOr(state, judged(state, event, refusals), { state: 'dead', reason, error, answer });
}

/** The destination rests; `wait` = its own backoff or Retry-After, whichever is longer. */
function rest(deps: Deps, state: PolicyState, event: PolicyEvent, { error, retryAfterMs }: Of<'transient'>) {
  const failures = state.failures + 1;
  const backoff = backoffMs(deps.retry, failures - TRANSIENT_BEFORE_WAITING + 1, deps.random);
  const waitMs = Math.max(backoff, retryAfterMs ?? 0);
  const reason = retryAfterMs === null ? 'backoff' : 'retry_after';
  const dueMs = event.nowMs + waitMs;
  return { state: { ...change(state, 'waiting', event, { reason, message: error, dueMs }), failures }, waitMs };
}

function onTransient(deps: Deps, state: PolicyState, event: PolicyEvent, outcome: Of<'transient'>): PolicyStep {
  const { error, answer, retryAfterMs } = outcome;
  const deferred = (afterMs: number, isCharged: boolean): DeliveryEnd => {
    return { state: 'deferred', afterMs: Math.round(afterMs), error, answer, isCharged };
  };
  const own = backoffMs(deps.retry, event.delivery.attempts + 1, deps.random);
  if (state.state === 'held') {
    // Not lifted: nothing was judged. The reason of the hold stays, the next probe is later.
    const dueMs = event.nowMs + Math.max(deps.retry.probe, retryAfterMs ?? 0);
    return plain({ ...state, dueMs }, { state: 'held', error, answer });
  }
  if (state.state === 'waiting' && !event.isProbe) {
    const dueMs = Math.max(state.dueMs ?? 0, event.nowMs + (retryAfterMs ?? 0));
    const afterMs = Math.max(own, dueMs - event.nowMs);
    return plain({ ...state, dueMs }, deferred(afterMs, false));
  }
  if (state.state === 'waiting' || retryAfterMs !== null) {
    const resting = rest(deps, state, event, outcome);
    // One step behind the next probe, so that a report which alone makes the server fail cannot be every probe.
    return plain(resting.state, deferred(resting.waitMs + deps.retry.first, false));
  }
  const isTooMany = state.failures + 1 >= TRANSIENT_BEFORE_WAITING;
  const next = isTooMany ? rest(deps, state, event, outcome).state : { ...state, failures: state.failures + 1 };
  return plain(next, deferred(own, true));
}

function onAmbiguous(deps: Deps, state: PolicyState, event: PolicyEvent, outcome: Of<'ambiguous'>): PolicyStep {
  const counted = { ...state, ambiguous: state.ambiguous + 1 };
  if (state.state === 'held' || counted.ambiguous >= AMBIGUOUS_BEFORE_HELD) {
    return hold(deps, counted, event, { ...outcome, reason: 'unexpected_answer' });
  }
  if (state.state === 'waiting') {
    return onTransient(deps, counted, event, {
      ...outcome,
      kind: 'transient',
      reason: 'ambiguous',
      retryAfterMs: null,
    });
  }
  const { error, answer } = outcome;
  const afterMs = backoffMs(deps.retry, event.delivery.attempts + 1, deps.random);
  const end: DeliveryEnd = { state: 'deferred', afterMs, error, answer, isCharged: true };
  return plain({ ...counted, failures: 0 }, end);
}

/**
 * Take one outcome into account. Pure but for `random`.
 *
 * @param deps - The destination's `retry` and the source of the spread, [0, 1).
 * @param state - As returned by the previous call, or {@link UP}.
 * @returns The new state of the destination, and what becomes of the delivery.
 * Source: queue.md 3.
 */
export function stepDestination(deps: Deps, state: PolicyState, event: PolicyEvent): PolicyStep {
  const { outcome } = event;
  switch (outcome.kind) {
    case 'delivered': {
      const { serverId, answer } = outcome;
      return liftOr(state, judged(state, event, []), { state: 'delivered', serverId, answer });
    }
    case 'unsendable':
      // Says nothing about the destination: nothing was sent.
      return plain(state, { state: 'dead', reason: outcome.reason, error: outcome.error, answer: null });
    case 'refused':
      return onRefused(deps, state, event, outcome);
    case 'misconfigured':
      return hold(deps, { ...state, failures: 0, ambiguous: 0 }, event, outcome);
    case 'transient':
      return onTransient(deps, state, event, outcome);
    case 'ambiguous':
      return onAmbiguous(deps, state, event, outcome);
    default:
      return assertNever(outcome);
  }
}
