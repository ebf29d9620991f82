import { describe, expect, it } from 'vitest';
import { toReportId } from '../../../src/core/ids.ts';
import {
  type PolicyEvent,
  type PolicyState,
  type PolicyStep,
  stepDestination,
  UP,
} from '../../../src/delivery/destination-policy.ts';
import type { SendOutcome } from '../../../src/delivery/send.ts';

const retry = { first: 5_000, max: 900_000, probe: 300_000 };
const deps = { retry, random: () => 0.5 };
const FIRST = toReportId('0198c2f0-0000-7000-8000-000000000001');

const delivered: SendOutcome = { kind: 'delivered', serverId: 's', answer: null };
const refused: SendOutcome = { kind: 'refused', reason: 'status_400', error: 'no', answer: 'words' };
const unauthorized: SendOutcome = { kind: 'misconfigured', reason: 'unauthorized', error: '401', answer: 'who' };
const ambiguous: SendOutcome = { kind: 'ambiguous', error: 'html', answer: '<html>' };
const tooLarge: SendOutcome = { kind: 'unsendable', reason: 'too_large', error: 'big' };

function transient(retryAfterMs: number | null = null): SendOutcome {
  return { kind: 'transient', reason: 'network', error: 'down', answer: null, retryAfterMs };
}

function step(state: PolicyState, outcome: SendOutcome, extra: Partial<PolicyEvent> = {}): PolicyStep {
  const delivery = { reportId: FIRST, revision: 1, attempts: 0 };
  return stepDestination(deps, state, { outcome, delivery, isProbe: false, nowMs: 1000, nowUnixMs: 77, ...extra });
}

/** Same outcome n times in a row. */
function times(count: number, state: PolicyState, outcome: SendOutcome): PolicyStep {
  let last = step(state, outcome);
  for (let index = 1; index < count; index += 1) last = step(last.state, outcome);
  return last;
}

const held = step(UP, unauthorized).state;
const resting = times(3, UP, transient()).state;
const told = step(UP, transient(60_000)).state;

describe('stepDestination() while up', () => {
  it('ends a delivery with the id of the server', () => {
    expect(step(UP, delivered)).toEqual({
      state: UP,
      end: { state: 'delivered', serverId: 's', answer: null },
      isLifted: false,
      revived: [],
    });
  });

  it('makes a refused report dead at once, with the words', () => {
    const { state, end } = step(UP, refused);

    expect(end).toEqual({ state: 'dead', reason: 'status_400', error: 'no', answer: 'words' });
    expect(state.state).toBe('up');
  });

  it('makes an unsendable report dead and learns nothing about the destination', () => {
    expect(step(resting, tooLarge)).toEqual({
      state: resting,
      end: { state: 'dead', reason: 'too_large', error: 'big', answer: null },
      isLifted: false,
      revived: [],
    });
  });

  it('holds at once when it is misconfigured, and holds the report with it, uncharged', () => {
    expect(step(UP, unauthorized)).toEqual({
      state: {
        ...UP,
        state: 'held',
        reason: 'unauthorized',
        message: '401',
        sinceUnixMs: 77,
        dueMs: 301_000,
      },
      end: { state: 'held', error: '401', answer: 'who' },
      isLifted: false,
      revived: [],
    });
  });

  it.each([
    [0, 5_000],
    [3, 40_000],
    [20, 900_000],
  ])('defers a report that failed %i times before by %i ms, charged', (attempts, afterMs) => {
    const { state, end } = step(UP, transient(), { delivery: { reportId: FIRST, revision: 1, attempts } });

    expect(end).toMatchObject({ state: 'deferred', afterMs, isCharged: true });
    expect(state).toEqual({ ...UP, failures: 1 });
  });

  it.each([
    [2, 'up'],
    [3, 'waiting'],
    [4, 'waiting'],
  ] as const)('after %i transient failures in a row is %s', (count, state) => {
    expect(times(count, UP, transient()).state.state).toBe(state);
  });

  it('rests for the backoff of the first failure at the third in a row', () => {
    expect(resting).toMatchObject({ reason: 'backoff', message: 'down', dueMs: 6_000, failures: 3 });
  });

  it('counts failures in a row only', () => {
    const twice = times(2, UP, transient()).state;

    expect(times(2, step(twice, delivered).state, transient()).state.state).toBe('up');
  });

  it.each([
    [1, 5_000],
    [60_000, 60_000],
  ])('rests when the server asks for %i ms, for the longer of that and the backoff: %i ms', (retryAfterMs, waitMs) => {
    const { state, end } = step(UP, transient(retryAfterMs));

    expect(state).toMatchObject({ state: 'waiting', reason: 'retry_after', dueMs: 1000 + waitMs });
    expect(end).toMatchObject({ state: 'deferred', isCharged: false });
  });

  it.each([
    [2, 'up', 'deferred'],
    [3, 'held', 'held'],
  ] as const)('after %i ambiguous answers in a row is %s, the report %s', (count, state, end) => {
    const last = times(count, UP, ambiguous);

    expect([last.state.state, last.end.state]).toEqual([state, end]);
  });

  it('names the hold after ambiguous answers', () => {
    expect(times(3, UP, ambiguous).state.reason).toBe('unexpected_answer');
  });

  it('forgets ambiguous answers at a judged one', () => {
    const twice = times(2, UP, ambiguous).state;

    expect(times(2, step(twice, refused).state, ambiguous).state.state).toBe('up');
  });

  it.each([
    [18, 'up', 'dead', 0],
    [19, 'up', 'dead', 0],
    [20, 'held', 'held', 19],
  ] as const)('after %i refusals in a row is %s, the report %s, and %i come back', (count, state, end, revived) => {
    const last = times(count, UP, refused);

    expect([last.state.state, last.end.state, last.revived.length]).toEqual([state, end, revived]);
  });

  it('brings back each refused report with the words it was refused with', () => {
    expect(times(20, UP, refused).revived[0]).toEqual({ reportId: FIRST, revision: 1, error: 'no', answer: 'words' });
  });

  it('forgets refusals at a success', () => {
    const almost = times(19, UP, refused).state;

    expect(times(19, step(almost, delivered).state, refused).state.state).toBe('up');
  });
});

describe('stepDestination() while waiting', () => {
  it.each([
    [1, 10_000],
    [2, 20_000],
    [20, 900_000],
  ])('doubles the rest after %i failed probes to %i ms, and charges no report', (count, waitMs) => {
    let last = step(resting, transient(), { isProbe: true });
    for (let index = 1; index < count; index += 1) last = step(last.state, transient(), { isProbe: true });

    expect(last.state.dueMs).toBe(1000 + waitMs);
    expect(last.end).toMatchObject({ state: 'deferred', afterMs: waitMs + retry.first, isCharged: false });
  });

  it('takes Retry-After of a probe when it is longer than the backoff', () => {
    expect(step(resting, transient(50_000), { isProbe: true }).state).toMatchObject({
      reason: 'retry_after',
      dueMs: 51_000,
    });
  });

  it('does not rest longer for a failure that was under way before', () => {
    const { state, end } = step(resting, transient());

    expect(state).toEqual(resting);
    expect(end).toMatchObject({ state: 'deferred', isCharged: false });
  });

  it('rests longer when an upload that was under way is told so', () => {
    expect(step(resting, transient(70_000)).state.dueMs).toBe(71_000);
  });

  it.each([delivered, refused])('is up again with one upload at a time when the probe is $kind', (outcome) => {
    expect(step(resting, outcome, { isProbe: true }).state).toMatchObject({
      state: 'up',
      reason: null,
      dueMs: null,
      failures: 0,
      ramp: 1,
    });
  });

  it('keeps the rest that the server asked for at a late success', () => {
    expect(step(told, delivered).state).toMatchObject({ state: 'waiting', reason: 'retry_after', dueMs: 61_000 });
    expect(step(told, delivered, { isProbe: true }).state.state).toBe('up');
  });

  it('rests on after an ambiguous probe', () => {
    expect(step(resting, ambiguous, { isProbe: true }).state).toMatchObject({ state: 'waiting', ambiguous: 1 });
  });

  it('is held when the probe shows a misconfiguration', () => {
    expect(step(resting, unauthorized, { isProbe: true }).state).toMatchObject({ state: 'held', failures: 0 });
  });

  it('ramps up by judged answers: 1, 2, 5, all', () => {
    const ramps: (number | null)[] = [];
    let { state } = step(resting, delivered, { isProbe: true });
    for (let index = 0; index < 4; index += 1) {
      ramps.push(state.ramp);
      ({ state } = step(state, delivered));
    }

    expect(ramps).toEqual([1, 2, 5, null]);
  });
});

describe('stepDestination() while held', () => {
  it.each([delivered, refused])('is lifted by an answer that judges the report: $kind', (outcome) => {
    const { state, isLifted } = step(held, outcome, { isProbe: true });

    expect([state.state, isLifted]).toEqual(['up', true]);
  });

  it.each([unauthorized, ambiguous, transient()])('is not lifted by $kind, and keeps the report', (outcome) => {
    const { state, end, isLifted } = step(held, outcome, { isProbe: true, nowMs: 5_000 });

    expect([state.state, state.dueMs, end.state, isLifted]).toEqual(['held', 305_000, 'held', false]);
  });

  it('keeps since when for the same reason', () => {
    expect(step(held, unauthorized, { isProbe: true, nowUnixMs: 99 }).state.sinceUnixMs).toBe(77);
  });

  it('probes later when the server asks for more than the probe interval', () => {
    expect(step(held, transient(400_000), { isProbe: true }).state.dueMs).toBe(401_000);
  });

  it('lets no report die while refusals hold it, and is lifted by a success', () => {
    const run = times(20, UP, refused).state;

    expect(step(run, refused, { isProbe: true })).toMatchObject({
      state: { state: 'held', reason: 'refusal_run' },
      end: { state: 'held', answer: 'words' },
      isLifted: false,
      revived: [],
    });
    expect(step(run, delivered, { isProbe: true }).isLifted).toBe(true);
  });
});
