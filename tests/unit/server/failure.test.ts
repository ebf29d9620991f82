import { describe, expect, it } from 'vitest';
import { AirlockError } from '../../../src/core/errors.ts';
import { type LogFields, silentLogger } from '../../../src/core/logger.ts';
import { toAnswerError } from '../../../src/server/failure.ts';

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function unreadable(): Error {
  return Object.defineProperty(new Error('x'), 'message', {
    get: () => {
      throw new TypeError('not for you');
    },
  });
}

const call = { method: 'test/any', requestId: 's-1' };

function answer(error: unknown) {
  const logged: LogFields[] = [];
  const log = { ...silentLogger, error: (fields: LogFields) => void logged.push(fields) };
  return { told: toAnswerError(log, error, call), logged };
}

const internal = {
  code: -32_603,
  message: 'Cannot run test/any: internal error, the log has it under s-1',
  data: { code: 'internal', retryable: true, requestId: 's-1' },
};

describe('toAnswerError()', () => {
  it('gives a failure of the table its row and its data, and logs nothing', () => {
    const error = new AirlockError('queue_full', 'Cannot take in: full', {
      data: { reason: 'count', retryAfterMs: 9 },
    });

    expect(answer(error)).toEqual({
      told: {
        code: -32_020,
        message: 'Cannot take in: full',
        data: { code: 'queue_full', retryable: true, reason: 'count', retryAfterMs: 9 },
      },
      logged: [],
    });
  });

  it.each([
    ['an exception', new TypeError('x is not a function at /home/me')],
    ['a thrown text', 'oops'],
    ['nothing', undefined],
    ['a failure that is a bug', new AirlockError('internal', 'Cannot answer test/any: its result breaks its schema')],
    ['a code that never crosses the wire', new AirlockError('io_error', 'Cannot read /home/me/x: denied')],
  ])('hides %s, and logs it under the request id', (_what, error) => {
    expect(answer(error)).toEqual({ told: internal, logged: [{ err: error, requestId: 's-1', method: 'test/any' }] });
  });

  it.each([
    ['a proxy that is revoked', revoked()],
    ['an object without a prototype', Object.create(null)],
    ['a symbol', Symbol('oops')],
    ['an error whose message cannot be read', unreadable()],
  ])('hides %s, also where the log cannot hold it', (_what, error) => {
    const logged: LogFields[] = [];
    const log = {
      ...silentLogger,
      error: (fields: LogFields) => {
        if (fields['err'] !== undefined) throw new TypeError('cannot be written');
        logged.push(fields);
      },
    };

    expect(toAnswerError(log, error, call)).toEqual(internal);
    expect(logged).toEqual([{ requestId: 's-1', method: 'test/any' }]);
  });
});
