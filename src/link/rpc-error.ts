// Errors of the table as they cross the wire, both ways. Source: protocol.md 6.

import { AirlockError, ERROR_CODES, type ErrorCode, type ErrorData, isErrorCode } from '../core/errors.ts';
import { isJsonObject } from './json-body.ts';
import type { RpcErrorObject } from './json-rpc.ts';

const INTERNAL_MESSAGE = 'Cannot finish the call: internal error';

/**
 * An error as the peer may see it: number, message, and the safe data with `code` and `retryable`.
 *
 * A code that never crosses the wire becomes `internal` with a fixed message: its own may name a path of this machine.
 *
 * @param error - A failure of the table.
 */
export function toRpcError(error: AirlockError): RpcErrorObject {
  const wire = ERROR_CODES[error.code].wire;
  if (wire === null) return toRpcError(new AirlockError('internal', INTERNAL_MESSAGE));
  return { code: wire, message: error.message, data: { ...error.data, code: error.code, retryable: error.retryable } };
}

const CODE_BY_NUMBER = new Map<number, ErrorCode>(
  Object.entries(ERROR_CODES)
    .toReversed()
    .flatMap(([code, row]) => (row.wire !== null && isErrorCode(code) ? [[row.wire, code] as const] : [])),
);

function readCode(object: RpcErrorObject): ErrorCode {
  const named = isJsonObject(object.data) ? object.data['code'] : undefined;
  if (typeof named === 'string' && isErrorCode(named) && ERROR_CODES[named].wire !== null) return named;
  return CODE_BY_NUMBER.get(object.code) ?? 'internal';
}

const FIELD_TYPES = {
  retryAfterMs: ['number'],
  reason: ['string'],
  limit: ['number', 'string'],
  scope: ['string'],
  etag: ['string'],
  bucket: ['string'],
};

/** Data whose known fields have the type that {@link ErrorData} promises; a field that has not is left out. */
function readData(data: unknown): ErrorData {
  if (!isJsonObject(data)) return {};
  const fits = ([name, value]: [string, unknown]): boolean => {
    const types = Object.hasOwn(FIELD_TYPES, name) ? FIELD_TYPES[name as keyof typeof FIELD_TYPES] : null;
    return !['code', 'retryable', '__proto__'].includes(name) && (types?.includes(typeof value) ?? true);
  };
  return Object.fromEntries(Object.entries(data).filter(fits));
}

/**
 * The failure that a peer told about. An unknown `data.code` is taken by its number, an unknown number as `internal`.
 *
 * @param object - The `error` member of an answer.
 */
export function fromRpcError(object: RpcErrorObject): AirlockError {
  return new AirlockError(readCode(object), object.message, { data: readData(object.data) });
}
