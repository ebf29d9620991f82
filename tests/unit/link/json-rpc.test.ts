import { describe, expect, it } from 'vitest';
import { isJsonObject } from '../../../src/link/json-body.ts';
import {
  readMessage,
  type RpcMessage,
  writeError,
  writeNotification,
  writeRequest,
  writeResult,
} from '../../../src/link/json-rpc.ts';

function read(text: string): RpcMessage {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error('Cannot read test message: it is no object');
  return readMessage(value);
}

const call = (members: object): RpcMessage => read(JSON.stringify({ jsonrpc: '2.0', method: 'ping', ...members }));

describe('readMessage()', () => {
  it('tells the four kinds apart as they are written', () => {
    const texts = [
      writeRequest(1, 'ping', { a: 1 }),
      writeNotification('event', {}),
      writeResult('x', { ok: true }),
      writeError(null, { code: -32700, message: 'm', data: {} }),
    ];

    expect(texts.map(read)).toEqual([
      { kind: 'request', id: 1, method: 'ping', params: { a: 1 } },
      { kind: 'notification', method: 'event', params: {} },
      { kind: 'result', id: 'x', result: { ok: true } },
      { kind: 'error', id: null, error: { code: -32700, message: 'm', data: {} } },
    ]);
  });

  it('takes a request without params as one with none', () => {
    expect(call({ id: 'a' })).toEqual({ kind: 'request', id: 'a', method: 'ping', params: {} });
  });

  it.each(['x'.repeat(63), 'x'.repeat(64), '', 0, -5, Number.MAX_SAFE_INTEGER])('takes the id %j', (id) => {
    expect(call({ id })).toMatchObject({ kind: 'request', id });
  });

  it.each(['x'.repeat(65), null, 1.5, Number.MAX_SAFE_INTEGER + 1, true, {}, []])(
    'refuses the id %j and answers with null',
    (id) => {
      expect(call({ id })).toMatchObject({ kind: 'invalid', id: null });
    },
  );

  it.each([
    ['another jsonrpc', { id: 3, jsonrpc: '1.0' }],
    ['a method that is no text', { id: 3, method: 7 }],
    ['an empty method', { id: 3, method: '' }],
    ['params that are an array', { id: 3, params: [] }],
    ['params that are null', { id: 3, params: null }],
  ])('refuses %s and keeps the id', (_, members) => {
    expect(call(members)).toMatchObject({ kind: 'invalid', id: 3 });
  });

  it.each([
    ['neither method nor result nor error', { id: 3 }],
    ['result and error at once', { id: 3, result: 1, error: { code: 1, message: '' } }],
    ['an error without a number', { id: 3, error: { message: '' } }],
  ])('refuses an object with %s', (_, members) => {
    expect(read(JSON.stringify({ jsonrpc: '2.0', ...members }))).toMatchObject({ kind: 'invalid', id: 3 });
  });
});
