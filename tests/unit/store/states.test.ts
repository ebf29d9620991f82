import { describe, expect, it } from 'vitest';
import { DELIVERY_STATES, SUBMISSION_STATES } from '../../../src/core/states.ts';
import { assertChangeAllowed, isChangeAllowed, isSubmissionCounted } from '../../../src/store/states.ts';

describe('isChangeAllowed()', () => {
  it('knows these changes of a submission and no other', () => {
    const allowed = SUBMISSION_STATES.flatMap((from) =>
      SUBMISSION_STATES.filter((to) => isChangeAllowed({ kind: 'submission', from, to })).map((to) => `${from} ${to}`),
    );

    expect(allowed).toEqual([
      'receiving received',
      'received converting',
      'received failed',
      'waiting received',
      'waiting failed',
      'converting received',
      'converting waiting',
      'converting converted',
      'converting skipped',
      'converting rejected',
      'converting suspended',
      'converting failed',
      'converting stopped',
      'converting crashed',
      'converting quarantined',
      'converted received',
      'skipped received',
      'rejected received',
      'suspended received',
      'suspended converting',
      'suspended failed',
      'failed received',
      'stopped received',
      'crashed received',
      'quarantined received',
    ]);
  });

  it('knows these changes of a delivery and no other', () => {
    const allowed = DELIVERY_STATES.flatMap((from) =>
      DELIVERY_STATES.filter((to) => isChangeAllowed({ kind: 'delivery', from, to })).map((to) => `${from} ${to}`),
    );

    expect(allowed).toEqual([
      'ready inflight',
      'ready held',
      'inflight ready',
      'inflight deferred',
      'inflight delivered',
      'inflight held',
      'inflight dead',
      'inflight corrupt',
      'deferred ready',
      'deferred inflight',
      'deferred held',
      'delivered ready',
      'held ready',
      'held inflight',
      'held held',
      'dead ready',
      'dead held',
      'corrupt ready',
    ]);
  });
});

describe('assertChangeAllowed()', () => {
  it('names both states of a change that is not allowed', () => {
    expect(() => assertChangeAllowed({ kind: 'submission', from: 'converted', to: 'converting' })).toThrow(
      'Cannot change submission: converted to converting is not allowed',
    );
  });
});

describe('isSubmissionCounted()', () => {
  it('holds until a submission has ended', () => {
    expect(SUBMISSION_STATES.filter(isSubmissionCounted)).toEqual([
      'receiving',
      'received',
      'waiting',
      'converting',
      'suspended',
    ]);
  });
});
