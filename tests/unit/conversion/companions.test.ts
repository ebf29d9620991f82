import { describe, expect, it } from 'vitest';
import { selectCompanions } from '../../../src/conversion/companions.ts';

function select(names: readonly string[], patterns: readonly string[], name = 'run.7.csv') {
  const given = names.map((one) => ({
    name: one,
    body: { kind: 'inline', bytes: new Uint8Array() } as const,
    sha256: 'a'.repeat(64),
  }));
  const { companions, warnings } = selectCompanions(given, { name, patterns: [...patterns] });
  return { companions: companions.map((companion) => companion.name), warnings };
}

describe('selectCompanions()', () => {
  it.each([
    ['limits.txt', 'limits.txt'],
    ['LIMITS.TXT', 'limits.txt'],
    ['run.7.dat', '{stem}.dat'],
    ['run.7/a.txt', '{stem}/*.txt'],
    ['a.txt', '{stem}/*.txt'],
  ])('gives %s to a converter that declares %s', (name, pattern) => {
    expect(select([name], [pattern])).toEqual({ companions: [name], warnings: [] });
  });

  it.each([
    ['other.dat', '{stem}.dat'],
    ['other/a.txt', '{stem}/*.txt'],
    ['run.7/deep/a.txt', '{stem}/*.txt'],
    ['x/a.txt', '*.txt'],
  ])('leaves %s out where the converter declares %s, with a warning', (name, pattern) => {
    expect(select([name], [pattern])).toEqual({
      companions: [],
      warnings: [`companion "${name}" was not given to the converter: it declares "${pattern}"`],
    });
  });

  it('leaves all out where the converter declares none', () => {
    expect(select(['a.txt'], []).warnings).toEqual([expect.stringContaining('it declares none')]);
  });

  it('keeps the order in which they came', () => {
    expect(select(['b.txt', 'x', 'a.txt'], ['*.txt']).companions).toEqual(['b.txt', 'a.txt']);
  });

  it('reads no pattern into names from outside', () => {
    expect(select(['anything.dat'], ['{stem}.dat'], '*.csv').companions).toEqual([]);
    expect(select(['*.dat'], ['{stem}.dat'], '*.csv').companions).toEqual(['*.dat']);
    expect(select(['$&.dat'], ['{stem}.dat'], '$&.csv').companions).toEqual(['$&.dat']);
  });

  it.each(['...csv', '..', 'a/b.csv', 'a\\b.csv'])('lets the stem of %s stand for nothing', (name) => {
    expect(select(['..', 'a/b', '../x.dat'], ['{stem}', '{stem}/*.dat'], name).companions).toEqual([]);
  });
});
