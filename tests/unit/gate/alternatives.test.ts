import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alternativeToBuiltin, alternativeToPackage } from '../../../src/gate/alternatives.ts';

const LIBRARY_INDEX = new URL('../../../src/guest/index.ts', import.meta.url);

describe('alternatives to an import', () => {
  it('name only what the library exports', () => {
    const hints = ['papaparse', 'csv-parse', 'dayjs', 'moment', 'lodash'].map(alternativeToPackage);
    const named = hints.flatMap((hint) => [...hint.matchAll(/import \{ (\w+) \}/g)].map((match) => match[1] ?? ''));
    const exported = readFileSync(LIBRARY_INDEX, 'utf8');

    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !new RegExp(`\\b${name}\\b`).test(exported))).toEqual([]);
  });

  it.each(['node:fs', 'fs/promises', 'node:fs/promises'])(
    'are the same for every spelling of a module: %s',
    (specifier) => {
      expect(alternativeToBuiltin(specifier)).toContain('the file arrives as `input`');
    },
  );

  it('do not look into the prototype of their table', () => {
    expect(alternativeToBuiltin('node:constructor')).toContain('runs without Node');
    expect(alternativeToPackage('toString')).toContain('bundle the package');
  });
});
