import { describe, expect, it } from 'vitest';
import type { ProbeInput } from '../../../src/conversion/call-port.ts';
import { toKeyId } from '../../../src/core/ids.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { handleConverterProbe } from '../../../src/handlers/converter-probe.ts';
import type { CallContext } from '../../../src/protocol/handler.ts';
import { PROBE_HEAD_BYTES } from '../../../src/protocol/methods/converter-probe.ts';

const notHere = (): never => {
  throw new Error('not here');
};
const context: CallContext = {
  caller: { kid: toKeyId('submit'), scopes: ['submit'] },
  requestId: 'r1',
  signal: new AbortController().signal,
  progress: () => undefined,
  decide: () => undefined,
  log: silentLogger,
  subscriptions: { open: notHere, close: notHere },
  uploads: { open: notHere },
};

function probe(size: number, headBase64: string) {
  const asked: ProbeInput[] = [];
  const conversions = {
    probe: (input: ProbeInput) => {
      asked.push(input);
      return Promise.resolve({ choice: 'refused', converter: null, reason: 'nobody', candidates: [] } as const);
    },
  };
  const answer = handleConverterProbe({ conversions }, { name: 'a.csv', size, headBase64 }, context);
  return answer.then(() => asked[0]?.head.length);
}
const base64 = (bytes: number): string => Buffer.alloc(bytes, 7).toString('base64');

describe('handleConverterProbe()', () => {
  it.each([0, 1, PROBE_HEAD_BYTES - 1, PROBE_HEAD_BYTES])('takes all of a file of %i bytes', async (size) => {
    expect(await probe(size, base64(size))).toBe(size);
  });

  it('takes the beginning of a larger file, and base64 without padding', async () => {
    expect(await probe(PROBE_HEAD_BYTES + 1, base64(PROBE_HEAD_BYTES))).toBe(PROBE_HEAD_BYTES);
    expect(await probe(1, base64(1).replace(/=+$/, ''))).toBe(1);
  });

  it.each([
    [1, 0],
    [0, 1],
    [1000, 999],
    [PROBE_HEAD_BYTES, PROBE_HEAD_BYTES - 1],
    [PROBE_HEAD_BYTES * 2, PROBE_HEAD_BYTES - 1],
    [PROBE_HEAD_BYTES * 2, PROBE_HEAD_BYTES + 1],
  ])('refuses for a file of %i bytes a head of %i', async (size, head) => {
    await expect(probe(size, base64(head))).rejects.toMatchObject({
      code: 'invalid_params',
      data: { details: [{ path: ['headBase64'], code: 'size_mismatch' }] },
    });
  });

  it.each(['QUJ', 'A', 'QUI=QUI=', 'QU==='])('refuses %j, which is not base64 to its end', async (text) => {
    await expect(probe(2, text)).rejects.toMatchObject({
      code: 'invalid_params',
      data: { details: [{ path: ['headBase64'], code: 'invalid_format' }] },
    });
  });
});
