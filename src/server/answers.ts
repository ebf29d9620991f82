// Answers as text, within the cap that both ends agreed on.

import { AirlockError } from '../core/errors.ts';
import { jsonFrameBytes } from '../link/framing.ts';
import { type RpcErrorObject, type RpcId, writeError, writeResult } from '../link/json-rpc.ts';
import { toRpcError } from '../link/rpc-error.ts';
import type { CallAnswer } from './call.ts';

const MAX_MESSAGE_CHARS = 500;

/** An error without what made it large; what clients switch on stays. */
function slim({ code, message, data }: RpcErrorObject): RpcErrorObject {
  const { details: _large, ...rest } = { ...(typeof data === 'object' ? data : {}), details: undefined };
  return { code, message: message.slice(0, MAX_MESSAGE_CHARS), data: rest };
}

/**
 * An answer's text.
 *
 * A result over the cap is answered `too_large` with the limit; an error over the cap loses its details.
 *
 * @param id - Id of the call.
 * @param answer - Its answer.
 * @param options - Cap on one JSON frame, in bytes.
 */
export function writeAnswer(id: RpcId, answer: CallAnswer, { maxBytes }: { readonly maxBytes: number }): string {
  const body = answer.kind === 'result' ? writeResult(id, answer.result) : writeError(id, answer.error);
  const bytes = jsonFrameBytes(body);
  if (bytes <= maxBytes) return body;
  if (answer.kind === 'error') return writeError(id, slim(answer.error));
  const message = `Cannot answer the call: the result has ${bytes} bytes, a frame holds at most ${maxBytes}`;
  return writeError(id, toRpcError(new AirlockError('too_large', message, { data: { limit: maxBytes } })));
}
