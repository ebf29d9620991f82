// Every fixture of every bundled converter gives exactly the reports beside it.

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ConverterManifest, manifestSchema } from '../../../src/gate/manifest.ts';
import { makeDecoder } from '../../../src/sandbox-child/decode.ts';
import { readBeside } from '../../support/fixtures.ts';
import { loadConverter, reportsOf, STAMP } from '../../support/guest-realm.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const names = globSync('converters/*/converter.json', { cwd: root }).map((file) => path.basename(path.dirname(file)));

/** As the sealed runner does it. */
function decode(bytes: Buffer, manifest: ConverterManifest): string {
  const decoder = makeDecoder({ mode: manifest.input, encoding: manifest.encoding, isUtf8: isUtf8(bytes) });
  return decoder.push(bytes) + decoder.end();
}

describe.each(names)('converter %s', (name) => {
  const folder = path.join(root, 'converters', name);
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(path.join(folder, 'converter.json'), 'utf8')));
  const convert = loadConverter(name);

  it('has a manifest of its own name', () => {
    expect(manifest.name).toBe(name);
  });

  it.each(globSync('fixtures/*.in.*', { cwd: folder }))('%s gives its reports', async (file) => {
    const bytes = readFileSync(path.join(folder, file));
    const fileName = path.basename(file);
    const [fixture = ''] = fileName.split('.in.');
    const { companions, given } = readBeside(path.join(folder, file));
    const result = await convert(decode(bytes, manifest), {
      name: fileName,
      mode: manifest.input,
      arguments: given,
      companions: companions.map((one) => [one.name, decode(one.bytes, manifest)] as const),
    });

    const reports = reportsOf(result, {
      ...STAMP,
      file: { name: fileName, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
      converter: { name, version: manifest.version, sha256: '1'.repeat(64) },
      format: name,
    });

    const expected = path.join(folder, 'fixtures', `${fixture}.report.json`);
    await expect(`${JSON.stringify(reports, null, 2)}\n`).toMatchFileSnapshot(expected);
  });
});
