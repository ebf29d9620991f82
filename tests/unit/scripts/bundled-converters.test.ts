import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkBundledConverters } from '../../../scripts/bundled-converters.ts';
import { checkFolder } from '../../../src/gate/check.ts';
import { parseShipped } from '../../../src/gate/shipped.ts';
import { type ConverterFiles, writeConverter } from '../../support/converter-folder.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

async function checkWith(converters: Readonly<Record<string, ConverterFiles>>) {
  await using root = await makeTemporaryFolder();
  const folder = join(root.path, 'converters');
  await mkdir(folder);
  await writeFile(join(folder, 'README.md'), 'no converter');
  for (const [name, content] of Object.entries(converters)) await writeConverter(folder, name, content);
  return await checkBundledConverters(root.path);
}

describe('checkBundledConverters()', () => {
  it('gives what the gate gives, in order of name', async () => {
    const { text } = await checkBundledConverters(ROOT);
    const policy = { trustedUids: null, forbiddenMode: 0 };

    const names = (await readdir(join(ROOT, 'converters'))).toSorted();
    expect(names).toContain('stdf-v4');

    const verdicts = names.map((name) =>
      checkFolder({ folder: join(ROOT, 'converters', name), policy }, { atFile: () => undefined }),
    );

    expect(parseShipped(text)).toEqual(
      verdicts.map((verdict) => (verdict.kind === 'passed' ? verdict.converter : verdict.findings)),
    );
  });

  it('names the manifest and every module that is reached', async () => {
    const files = {
      'converter.ts': "import './lib/rows.ts';\nexport default null;\n",
      'lib/rows.ts': '',
      'README.md': '',
    };

    const { inputs } = await checkWith({ two: { files }, one: {} });

    expect(inputs).toEqual([
      'converters/one/converter.json',
      'converters/one/converter.ts',
      'converters/two/converter.json',
      'converters/two/converter.ts',
      'converters/two/lib/rows.ts',
    ]);
  });

  it('throws every finding when one does not pass', async () => {
    const source = "import 'node:fs';\nimport.meta;\nexport default null;\n";

    const checked = checkWith({ good: {}, wrong: { files: { 'converter.ts': source } } });

    await expect(checked).rejects.toThrow(
      /^Cannot bundle converter wrong: .*\n(.*\n)*converter\.ts:1:\d+ error no-node-builtin/,
    );
    await expect(checked).rejects.toThrow(/\nconverter\.ts:2:1 error no-import-meta/);
  });
});
