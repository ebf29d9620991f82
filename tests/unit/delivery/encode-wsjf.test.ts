import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { encodeWsjf } from '../../../src/delivery/encode-wsjf.ts';
import type { OutgoingReport } from '../../../src/delivery/send.ts';
import { makeAttachedReport } from '../../support/attached-report.ts';

const log = { name: 'log.txt', mediaType: 'text/plain', bytes: Buffer.from('grüße\r\n') };
const photo = { name: 'photo', mediaType: 'image/png', bytes: Buffer.from([0x89, 0x50, 0, 255, 13, 10]) };
const MAX = { maxBytes: 1_000_000 };

function encode(report: OutgoingReport, options = MAX) {
  return encodeWsjf({ log: silentLogger }, report, options);
}

describe('encodeWsjf()', () => {
  it('inlines attachments in base64: of the report as binaryData, of a step at the step', () => {
    const outcome = encode(makeAttachedReport([log], [photo]));

    const text = outcome.kind === 'ok' ? outcome.text : outcome.message;
    expect(JSON.parse(text)).toMatchObject({
      binaryData: [{ name: 'log.txt', contentType: 'text/plain', data: log.bytes.toString('base64') }],
      root: { attachment: { name: 'photo', contentType: 'image/png', data: photo.bytes.toString('base64') } },
    });
  });

  it('sends what a step has no room for with the report', () => {
    const outcome = encode(makeAttachedReport([], [photo, log]));

    const text = outcome.kind === 'ok' ? outcome.text : outcome.message;
    expect(JSON.parse(text)).toMatchObject({
      binaryData: [{ name: 'log.txt' }],
      root: { attachment: { name: 'photo' } },
    });
  });

  it.each([
    [15, 'invalid'],
    [16, 'ok'],
    [17, 'ok'],
  ])('counts base64 before it writes: 16 bytes of it with a limit of %i are %s', (maxBytes, kind) => {
    const eleven = { ...log, bytes: Buffer.alloc(11) };

    expect(encode(makeAttachedReport([eleven]), { maxBytes }).kind).toBe(kind);
  });

  it('counts bytes as often as they are named', () => {
    const eleven = { ...log, bytes: Buffer.alloc(11) };

    expect(encode(makeAttachedReport([eleven, eleven], [eleven]), { maxBytes: 47 })).toMatchObject({
      kind: 'invalid',
      reason: 'too_large',
      message: expect.stringContaining('48 bytes are more than maxBytes, 47 bytes') as unknown,
    });
  });
});
