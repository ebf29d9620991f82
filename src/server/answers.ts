// Answers as text: within the cap that both ends agreed on, or as the head of a stream.

import { AirlockError } from '../core/errors.ts';
import { bytesOver } from '../link/framing.ts';
import { type RpcErrorObject, type RpcId, writeError, writeResultText } from '../link/json-rpc.ts';
import { toRpcError } from '../link/rpc-error.ts';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import type { CallAnswer } from './call.ts';
import type { DownloadHeader } from './downloads.ts';

/** What an answer may be. */
export type AnswerOptions = {
  /** Cap on one JSON frame, in bytes. */
  readonly maxBytes: number;
  /** For a method with `largeResult`: answer over 128 KiB as a stream; null when the peer did not agree on streams. */
  readonly large?: { readonly open: ((body: Buffer) => DownloadHeader) | null };
};

const MAX_MESSAGE_CHARS = 500;

/** An error without what made it large; what clients switch on stays. */
function slim({ code, message, data }: RpcErrorObject): RpcErrorObject {
  const { details: _large, ...rest } = { ...(typeof data === 'object' ? data : {}), details: undefined };
  return { code, message: message.slice(0, MAX_MESSAGE_CHARS), data: rest };
}

function writeFailure(id: RpcId, error: RpcErrorObject, maxBytes: number): string {
  const body = writeError(id, error);
  return bytesOver(body, maxBytes) === null ? body : writeError(id, slim(error));
}

function tooLarge(bytes: number, limit: number): RpcErrorObject {
  const message = `Cannot answer the call: the result has ${bytes} bytes, at most ${limit} go into one answer`;
  return toRpcError(new AirlockError('too_large', message, { data: { limit } }));
}

/**
 * An answer's text.
 *
 * A result over the cap is answered `too_large` with the limit; an error over the cap loses its details. A large result of a method
 * that may have one is answered by the head of its stream.
 *
 * @param id - Id of the call.
 * @param answer - Its answer.
 * @param options - See {@link AnswerOptions}.
 * @throws what `open` throws; TypeError for a result that JSON cannot hold.
 */
export function writeAnswer(id: RpcId, answer: CallAnswer, { maxBytes, large }: AnswerOptions): string {
  if (answer.kind === 'error') return writeFailure(id, answer.error, maxBytes);
  const text = JSON.stringify(answer.result);
  const bytes = large === undefined ? null : bytesOver(text, WIRE_LIMITS.inlineBytes);
  if (large !== undefined && bytes !== null) {
    return large.open === null
      ? writeError(id, tooLarge(bytes, WIRE_LIMITS.inlineBytes))
      : writeResultText(id, JSON.stringify(large.open(Buffer.from(text, 'utf8'))));
  }
  const body = writeResultText(id, text);
  const frameBytes = bytesOver(body, maxBytes);
  return frameBytes === null ? body : writeError(id, tooLarge(frameBytes, maxBytes));
}
