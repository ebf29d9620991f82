import { describe, expect, it } from 'vitest';
import { AirlockError, ERROR_CODES, isErrorCode } from '../../../src/core/errors.ts';
import { fromRpcError, toRpcError } from '../../../src/link/rpc-error.ts';

const crossing = Object.keys(ERROR_CODES)
  .filter(isErrorCode)
  .filter((code) => ERROR_CODES[code].wire !== null);

describe('toRpcError()', () => {
  it.each(crossing)('carries %s across the wire and back', (code) => {
    const error = new AirlockError(code, 'Cannot do it: reason', { data: { retryAfterMs: 5, reason: 'count' } });

    const back = fromRpcError(toRpcError(error));

    expect({ code: back.code, message: back.message, data: back.data }).toEqual({
      code,
      message: 'Cannot do it: reason',
      data: { retryAfterMs: 5, reason: 'count' },
    });
  });

  it('names code and retryable in the data', () => {
    expect(toRpcError(new AirlockError('rate_limited', 'm'))).toEqual({
      code: -32029,
      message: 'm',
      data: { code: 'rate_limited', retryable: true },
    });
  });

  it('hides a code that never crosses the wire, message and data too', () => {
    const error = new AirlockError('cannot_write', 'Cannot write /home/user/x: reason', { data: { reason: 'x' } });

    expect(toRpcError(error)).toEqual({
      code: -32603,
      message: 'Cannot finish the call: internal error',
      data: { code: 'internal', retryable: true },
    });
  });
});

describe('fromRpcError()', () => {
  it.each([
    ['an unknown name by its number', { code: -32029, message: '', data: { code: 'new_in_v2' } }, 'rate_limited'],
    [
      'a name that never crosses the wire by its number',
      { code: -32004, message: '', data: { code: 'usage' } },
      'not_found',
    ],
    ['an answer without data by its number', { code: -32601, message: '' }, 'unknown_method'],
    ['an unknown number as internal', { code: 1, message: '' }, 'internal'],
    ['the shared number of converters as converter_failed', { code: -32040, message: '' }, 'converter_failed'],
  ])('takes %s', (_, object, code) => {
    expect(fromRpcError(object).code).toBe(code);
  });

  it('leaves out data of the wrong type', () => {
    const error = fromRpcError({ code: -32029, message: '', data: { retryAfterMs: 'soon', limit: 3, note: 'kept' } });

    expect(error.data).toEqual({ limit: 3, note: 'kept' });
  });
});
