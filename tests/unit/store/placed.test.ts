import { describe, expect, it } from 'vitest';
import { makeUuidV7 } from '../../../src/core/ids.ts';
import { inlineBytes, toPayloadName } from '../../../src/store/placed.ts';

describe('toPayloadName()', () => {
  it('puts what arrives within the same minute side by side, and what arrives a minute later on the next shelf', () => {
    const minute = 2 ** 16;
    const names = [0, minute - 1, minute, 256 * minute].map((ms) => toPayloadName(makeUuidV7(ms)));

    expect(names.map((name) => name.slice(0, 3))).toEqual(['00/', '00/', '01/', '00/']);
    expect(new Set(names).size).toBe(4);
    expect(names[0]).toMatch(/^00\/[0-9a-f-]{36}\.rep$/);
  });
});

describe('inlineBytes()', () => {
  it('leaves out what lies in files', () => {
    const inline = (size: number) => ({ kind: 'inline', bytes: new Uint8Array(size) }) as const;
    const file = { kind: 'file', file: '00/x.rep', size: 1_000_000, sha256: 'h' } as const;

    expect(inlineBytes({ body: file, companions: [{ name: 'a', body: inline(3) }] })).toBe(3);
    expect(inlineBytes({ body: inline(2), companions: [{ name: 'a', body: file }] })).toBe(2);
  });
});
