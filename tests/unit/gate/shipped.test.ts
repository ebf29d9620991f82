import { describe, expect, it } from 'vitest';
import type { CheckedConverter } from '../../../src/gate/checked.ts';
import { manifestSchema } from '../../../src/gate/manifest.ts';
import { parseShipped, toShippedText } from '../../../src/gate/shipped.ts';

const FULL: CheckedConverter = {
  manifest: manifestSchema.parse({
    name: 'full',
    version: '1.2.3',
    description: 'Everything set',
    match: { extensions: ['.csv'], names: ['*-ICT'], headContains: ['a;b'], maxBytes: '20 MiB' },
    input: 'lines',
    encoding: 'windows-1252',
    arguments: { decimal: { type: 'enum', values: [',', '.'], default: ',' } },
  }),
  sha256: 'ab'.repeat(32),
  files: new Map([
    ['converter.ts', 'export default 1;\n'],
    ['lib/rows.ts', '"\u2028\u0000ü"'],
  ]),
  entry: 'converter.ts',
};
const SMALL: CheckedConverter = {
  ...FULL,
  manifest: manifestSchema.parse({ name: 'small', version: '1.0.0' }),
  files: new Map([['converter.ts', '']]),
};

const UNDERSTOOD = JSON.parse(toShippedText([SMALL])) as readonly [Record<string, unknown>];

describe('shipped converters', () => {
  it('are read as they were written', () => {
    expect(parseShipped(toShippedText([FULL, SMALL]))).toEqual([FULL, SMALL]);
    expect(parseShipped(toShippedText([]))).toEqual([]);
  });

  it.each([
    ['no JSON', '{'],
    ['no list', '{}'],
    ['a converter without a hash', JSON.stringify([{ ...UNDERSTOOD[0], sha256: undefined }])],
    ['a hash that is none', JSON.stringify([{ ...UNDERSTOOD[0], sha256: 'AB'.repeat(32) }])],
    ['a manifest that is none', JSON.stringify([{ ...UNDERSTOOD[0], manifest: { name: 'small' } }])],
    ['an entry that is no file', JSON.stringify([{ ...UNDERSTOOD[0], entry: 'other.ts' }])],
    ['a key that nobody knows', JSON.stringify([{ ...UNDERSTOOD[0], trust: 'own' }])],
  ])('are not read from %s, and the error names the way out', (_what, text) => {
    expect(() => parseShipped(text)).toThrow(
      expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('npm run bundle') }),
    );
  });
});
