// Takes `_meta` and `workDoneToken` off the params of a call before the method's schema sees them.

import type { JsonObject } from '../link/json-body.ts';
import { type CallMeta, callFrameSchema } from '../protocol/call-meta.ts';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import { invalidParams, parseParams } from './validation.ts';

function checkSize(method: string, meta: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(meta), 'utf8');
  if (bytes <= WIRE_LIMITS.metaBytes) return;
  const message = `must be at most ${WIRE_LIMITS.metaBytes} bytes as JSON, received ${bytes}`;
  throw invalidParams(method, [{ path: ['_meta'], code: 'too_big', message }]);
}

/**
 * Split params into what the method gets and what the session needs.
 *
 * @param method - Method that was called.
 * @param params - Params as they came.
 * @returns `own`: params without `_meta` and `workDoneToken`, still unchecked.
 * @throws {AirlockError} invalid_params for a `_meta` over 8 KiB, a wrong `deadlineMs` or `trace`, a wrong `workDoneToken`.
 */
export function takeMeta(method: string, params: JsonObject): { readonly meta: CallMeta; readonly own: JsonObject } {
  const { _meta, workDoneToken, ...own } = params;
  if (_meta !== undefined) checkSize(method, _meta);
  const frame = parseParams(callFrameSchema, { _meta, workDoneToken }, { method });
  return { meta: frame._meta ?? {}, own };
}
