import { describe, expect, it } from 'vitest';
import { type PolicyState, UP } from '../../../src/delivery/destination-policy.ts';
import { planClaim } from '../../../src/delivery/plan-claim.ts';

const idle = { running: 0, isProbing: false, concurrent: 5, nowMs: 1_000 };
const held: PolicyState = { ...UP, state: 'held', dueMs: 1_000 };

describe('planClaim()', () => {
  it.each([
    [4, { kind: 'claim' }],
    [5, { kind: 'sleep', ms: null }],
    [6, { kind: 'sleep', ms: null }],
  ])('with %i of 5 uploads running: %o', (running, plan) => {
    expect(planClaim(UP, { ...idle, running })).toEqual(plan);
  });

  it('claims no more than the ramp allows, and never more than configured', () => {
    expect(planClaim({ ...UP, ramp: 2 }, { ...idle, running: 2 }).kind).toBe('sleep');
    expect(planClaim({ ...UP, ramp: 5 }, { ...idle, running: 1, concurrent: 1 }).kind).toBe('sleep');
  });

  it('probes when the time has come, and not before', () => {
    expect(planClaim(held, idle)).toEqual({ kind: 'probe' });
    expect(planClaim(held, { ...idle, nowMs: 999 })).toEqual({ kind: 'sleep', ms: 1 });
  });

  it('never probes twice at once', () => {
    expect(planClaim(held, { ...idle, isProbing: true })).toEqual({ kind: 'sleep', ms: null });
  });
});
