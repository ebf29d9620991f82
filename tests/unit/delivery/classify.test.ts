import { describe, expect, it } from 'vitest';
import { classifyAnswer, classifyFailure } from '../../../src/delivery/classify.ts';
import type { HttpAnswer } from '../../../src/delivery/http-request.ts';

const options = { onConflict: 'delivered', maxRetryAfterMs: 3_600_000, nowUnixMs: 0 } as const;

function answer(status: number, extra: Partial<HttpAnswer> = {}): HttpAnswer {
  return { status, location: null, retryAfter: null, body: '', isCut: false, ...extra };
}

describe('classifyAnswer()', () => {
  it.each([200, 201, 202, 299])('takes %i with an id as delivered', (status) => {
    expect(classifyAnswer(answer(status, { body: '{"id":"x"}' }), options)).toEqual({
      kind: 'delivered',
      serverId: 'x',
      answer: '{"id":"x"}',
    });
  });

  it.each([
    ['empty', { body: '' }],
    ['HTML', { body: '<html>' }],
    ['JSON without id', { body: '{}' }],
    ['cut after the id', { body: '{"id":"x"}', isCut: true }],
  ])('calls 200 ambiguous when it is %s', (_what, extra) => {
    expect(classifyAnswer(answer(200, extra), options).kind).toBe('ambiguous');
  });

  it('takes 409 as delivered or refused as onConflict says', () => {
    expect(classifyAnswer(answer(409, { body: 'there' }), options)).toEqual({
      kind: 'delivered',
      serverId: null,
      answer: 'there',
    });
    expect(classifyAnswer(answer(409, { body: 'there' }), { ...options, onConflict: 'dead' })).toEqual({
      kind: 'refused',
      reason: 'conflict',
      error: 'Cannot deliver report: the server answered 409, the same id exists',
      answer: 'there',
    });
  });

  it.each([400, 406, 413, 415, 422, 431])('calls %i a refusal of this report, with the words', (status) => {
    expect(classifyAnswer(answer(status, { body: 'no' }), options)).toEqual({
      kind: 'refused',
      reason: `status_${status}`,
      error: `Cannot deliver report: the server answered ${status}`,
      answer: 'no',
    });
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [407, 'unauthorized'],
    [511, 'network_login'],
    [300, 'wrong_url'],
    [304, 'wrong_url'],
    [308, 'wrong_url'],
    [404, 'wrong_url'],
    [405, 'wrong_url'],
    [410, 'wrong_url'],
    [501, 'wrong_url'],
    [505, 'wrong_url'],
    [402, 'unexpected_answer'],
    [418, 'unexpected_answer'],
    [600, 'unexpected_answer'],
    [0, 'unexpected_answer'],
  ])('holds the destination at %i as %s', (status, reason) => {
    expect(classifyAnswer(answer(status), options)).toMatchObject({ kind: 'misconfigured', reason });
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 507, 520, 599])('calls %i transient', (status) => {
    expect(classifyAnswer(answer(status), options)).toMatchObject({ kind: 'transient', retryAfterMs: null });
  });

  it.each([
    [429, 7_000],
    [503, 7_000],
    [500, null],
    [408, null],
  ])('reads Retry-After of %i as %s', (status, retryAfterMs) => {
    expect(classifyAnswer(answer(status, { retryAfter: '7' }), options)).toMatchObject({ retryAfterMs });
  });

  it('shows only the host of a redirect', () => {
    const outcome = classifyAnswer(answer(302, { location: 'https://user:pw@evil.test/p?token=1' }), options);

    expect(outcome).toMatchObject({
      error: 'Cannot deliver report: the server answered 302 and points to host evil.test',
    });
  });

  it.each([null, '/elsewhere'])('names no host where the redirect to %j has none', (location) => {
    expect(classifyAnswer(answer(302, { location }), options)).toMatchObject({
      error: 'Cannot deliver report: the server answered 302',
    });
  });
});

describe('classifyFailure()', () => {
  it.each(['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
    'holds the destination at %s',
    (code) => {
      expect(classifyFailure({ kind: 'failed', code })).toMatchObject({ kind: 'misconfigured', reason: 'certificate' });
    },
  );

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'HPE_INVALID_CONSTANT', 'unknown'])(
    'calls %s transient',
    (code) => {
      expect(classifyFailure({ kind: 'failed', code })).toMatchObject({ kind: 'transient', reason: 'network' });
    },
  );

  it.each(['connect', 'idle'] as const)('calls the %s limit transient', (limit) => {
    expect(classifyFailure({ kind: 'timed_out', limit, limitMs: 10 })).toMatchObject({
      kind: 'transient',
      reason: 'timeout',
    });
  });

  it('holds the destination at a blocked address', () => {
    expect(classifyFailure({ kind: 'blocked', why: 'address 10.0.0.1 is private' })).toEqual({
      kind: 'misconfigured',
      reason: 'blocked_address',
      error: 'Cannot reach destination: address 10.0.0.1 is private; a private host must be named in allowHosts',
      answer: null,
    });
  });
});
