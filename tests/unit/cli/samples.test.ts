import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listSamples } from '../../../src/cli/demo/samples.ts';
import { makeTemporaryFolder } from '../../support/store.ts';

async function write(root: string, ...files: readonly string[]): Promise<void> {
  for (const file of files) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), '');
  }
}

describe('listSamples()', () => {
  it('lists the cases that have a report, with what belongs to them', async () => {
    using folder = makeTemporaryFolder();
    await write(
      folder.path,
      'converters/b/fixtures/one.in.stdf.gz',
      'converters/b/fixtures/one.report.json',
      'converters/a/fixtures/set.in.txt',
      'converters/a/fixtures/set.report.json',
      'converters/a/fixtures/set.in/y.txt',
      'converters/a/fixtures/set.in/x.txt',
      'converters/a/fixtures/refused.in.txt',
    );
    await writeFile(path.join(folder.path, 'converters/a/fixtures/set.arguments.json'), '{"decimal":",","process":50}');

    const samples = listSamples(folder.path);

    expect(samples.map(({ name, converter }) => [name, converter])).toEqual([
      ['set.txt', 'a'],
      ['one.stdf.gz', 'b'],
    ]);
    expect(samples[0]?.companions.map((file) => path.basename(file))).toEqual(['x.txt', 'y.txt']);
    expect(samples.map((sample) => sample.arguments)).toEqual([{ decimal: ',', process: '50' }, {}]);
  });

  it('says that the installation is not whole when there is none', () => {
    using folder = makeTemporaryFolder();

    expect(() => listSamples(folder.path)).toThrow('the sample files are missing');
  });

  it('finds at least one for every converter that ships', () => {
    const names = new Set(listSamples().map(({ converter }) => converter));

    expect([...names]).toEqual([
      'csv-semicolon',
      'junit-xml',
      'keysight-i3070',
      'klippel-qc',
      'ni-teststand-xml',
      'openhtf-json',
      'stdf-v4',
      'wats-wsjf',
    ]);
  });
});
