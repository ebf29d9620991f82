// Answers converter/probe.

import type { ConversionCalls } from '../conversion/call-port.ts';
import { AirlockError } from '../core/errors.ts';
import type { Handler } from '../protocol/handler.ts';
import type { converterProbe } from '../protocol/methods/converter-probe.ts';

/** @throws {AirlockError} invalid_params when the head is larger than the file, or missing; queue_full, unavailable, shutting_down. */
export const handleConverterProbe: Handler<
  typeof converterProbe,
  { conversions: Pick<ConversionCalls, 'probe'> }
> = async ({ conversions }, { name, size, headBase64 }, { signal }) => {
  const head = Buffer.from(headBase64, 'base64');
  if (head.length > size || (head.length === 0 && size > 0)) {
    const message = 'must be the beginning of a file of that size';
    throw new AirlockError('invalid_params', `Cannot run converter/probe: headBase64 ${message}`, {
      data: { details: [{ path: ['headBase64'], code: 'size_mismatch', message }] },
    });
  }
  const { candidates, ...choice } = await conversions.probe({ name, size, head }, { signal });
  return { ...choice, candidates: [...candidates] };
};
