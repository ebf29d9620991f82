import { describe, expect, it } from 'vitest';
import { writeAnswer } from '../../../src/server/answers.ts';

const result = (chars: number) => ({ kind: 'result', result: 'x'.repeat(chars) }) as const;
const emptyBytes = writeAnswer(1, result(0), { maxBytes: 1000 }).length;

describe('writeAnswer()', () => {
  it.each([
    [999, 'result'],
    [1000, 'result'],
    [1001, 'error'],
  ])('writes a body of %i bytes under a cap of 1000 as %s', (bytes, kind) => {
    const message: unknown = JSON.parse(writeAnswer(1, result(bytes - emptyBytes), { maxBytes: 1000 }));

    expect(Object.keys(Object(message))).toContain(kind);
  });

  it('counts bytes, not characters', () => {
    const wide = { kind: 'result', result: 'ä'.repeat(490) } as const;

    expect(JSON.parse(writeAnswer(1, wide, { maxBytes: 1000 }))).toMatchObject({
      id: 1,
      error: { code: -32_013, data: { code: 'too_large', limit: 1000, retryable: false } },
    });
  });

  it('takes the details off an error over the cap, and keeps what clients switch on', () => {
    const details = [{ path: ['x'.repeat(2000)], code: 'custom', message: 'm' }];
    const data = { code: 'invalid_params', retryable: false, details };

    const body = writeAnswer(1, { kind: 'error', error: { code: -32_602, message: 'm', data } }, { maxBytes: 1000 });

    expect(JSON.parse(body)).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32_602, message: 'm', data: { code: 'invalid_params', retryable: false } },
    });
  });
});
