// JSON-RPC 2.0 messages: told apart after parsing, and written. Source: protocol.md 2 and 12.

import { WIRE_LIMITS } from '../protocol/limits.ts';
import { isJsonObject, type JsonObject } from './json-body.ts';

/** Id of a request: up to 64 UTF-16 units, or a safe integer. */
export type RpcId = string | number;

/** The `error` member of an answer. */
export type RpcErrorObject = { readonly code: number; readonly message: string; readonly data?: unknown };

/** A parsed object, told apart. `params` is `{}` when it was left out. */
export type RpcMessage =
  | { readonly kind: 'request'; readonly id: RpcId; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'notification'; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'result'; readonly id: RpcId; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: RpcId | null; readonly error: RpcErrorObject }
  | { readonly kind: 'invalid'; readonly id: RpcId | null; readonly message: string };

/**
 * Is this a usable request id?
 *
 * @param value - The `id` member.
 */
function isRpcId(value: unknown): value is RpcId {
  return typeof value === 'string' ? value.length <= WIRE_LIMITS.idChars : Number.isSafeInteger(value);
}

function isErrorObject(value: unknown): value is RpcErrorObject {
  return isJsonObject(value) && Number.isSafeInteger(value['code']) && typeof value['message'] === 'string';
}

function readCall(value: JsonObject, id: RpcId | null): RpcMessage {
  const method = value['method'];
  const params = Object.hasOwn(value, 'params') ? value['params'] : {};
  const invalid = (reason: string): RpcMessage => ({ kind: 'invalid', id, message: `Cannot run request: ${reason}` });
  if (typeof method !== 'string' || method === '') return invalid('method is no text');
  if (Object.hasOwn(value, 'id') && id === null) return invalid('id is no short text and no safe integer');
  if (!isJsonObject(params)) return invalid('params is no object');
  return id === null ? { kind: 'notification', method, params } : { kind: 'request', id, method, params };
}

function readAnswer(value: JsonObject, id: RpcId | null): RpcMessage {
  const error = value['error'];
  if (Object.hasOwn(value, 'result') === Object.hasOwn(value, 'error')) {
    return { kind: 'invalid', id, message: 'Cannot run request: it has no method, or both result and error' };
  }
  if (isErrorObject(error)) return { kind: 'error', id, error };
  if (error === undefined && id !== null) return { kind: 'result', id, result: value['result'] };
  return { kind: 'invalid', id, message: 'Cannot read answer: its id or its error is malformed' };
}

/**
 * Tell a parsed object apart. What is `invalid` is answered `invalid_request` with the id given here.
 *
 * @param value - A parsed body.
 */
export function readMessage(value: JsonObject): RpcMessage {
  const id = isRpcId(value['id']) ? value['id'] : null;
  if (value['jsonrpc'] !== '2.0') return { kind: 'invalid', id, message: 'Cannot run request: jsonrpc is not "2.0"' };
  return Object.hasOwn(value, 'method') ? readCall(value, id) : readAnswer(value, id);
}

/** Write a request. */
export function writeRequest(id: RpcId, method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

/** Write a notification. */
export function writeNotification(method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}

/** Write a successful answer. */
export function writeResult(id: RpcId, result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

/** Write a successful answer whose result is JSON text already. */
export function writeResultText(id: RpcId, result: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

/** Write a failed answer; `id` is null when the request's is not known. */
export function writeError(id: RpcId | null, error: RpcErrorObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}
