import { describe, expect, it } from 'vitest';
import { inlinedBytes, reportBytes } from '../../../src/delivery/report-size.ts';

const report = {
  body: 'üü',
  attachments: [10, 0, 20].map((length) => ({ sha256: '', bytes: new Uint8Array(length) })),
};

describe('reportBytes()', () => {
  it('counts the text as UTF-8 and attachments as they are', () => {
    expect(reportBytes(report)).toBe(4 + 30);
    expect(reportBytes({ ...report, attachments: [] })).toBe(4);
  });
});

describe('inlinedBytes()', () => {
  it('counts attachments a third larger', () => {
    expect(inlinedBytes(report)).toBe(4 + 40);
  });
});
