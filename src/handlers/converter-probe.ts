// Answers converter/probe.

import type { ConversionCalls } from '../conversion/call-port.ts';
import { AirlockError } from '../core/errors.ts';
import type { Handler } from '../protocol/handler.ts';
import { type converterProbe, PROBE_HEAD_BYTES } from '../protocol/methods/converter-probe.ts';
import { decodeBase64 } from './strict-base64.ts';

function invalidHead(code: string, message: string): AirlockError {
  return new AirlockError('invalid_params', `Cannot run converter/probe: headBase64 ${message}`, {
    data: { details: [{ path: ['headBase64'], code, message }] },
  });
}

function readHead(headBase64: string, size: number): Uint8Array {
  const head = decodeBase64(headBase64);
  if (head === null) throw invalidHead('invalid_format', 'must be base64, whole, with the right padding or none');
  // A shorter head would be another question: the converters would be asked about a file that is cut off.
  const wanted = Math.min(size, PROBE_HEAD_BYTES);
  if (head.length === wanted) return head;
  throw invalidHead('size_mismatch', `must be the first ${wanted} bytes of a file of ${size}, it is ${head.length}`);
}

/** @throws {AirlockError} invalid_params when the head is no base64, or shorter or longer than it must be; queue_full, unavailable, shutting_down. */
export const handleConverterProbe: Handler<
  typeof converterProbe,
  { conversions: Pick<ConversionCalls, 'probe'> }
> = async ({ conversions }, { name, size, headBase64 }, { caller, signal }) => {
  const head = readHead(headBase64, size);
  const { candidates, ...choice } = await conversions.probe({ kid: caller.kid, name, size, head }, { signal });
  return { ...choice, candidates: [...candidates] };
};
