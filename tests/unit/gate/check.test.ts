import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFolder } from '../../../src/gate/check.ts';
import { FILE_LIMITS, type FilePolicy } from '../../../src/gate/files.ts';
import { type ConverterFiles, SMALLEST_CONVERTER, writeConverter } from '../../support/converter-folder.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const POLICY: FilePolicy = { trustedUids: [process.getuid?.() ?? 0, 0], forbiddenMode: 0o002 };
const isPosix = process.platform !== 'win32';

function check(folder: string, policy = POLICY) {
  return checkFolder({ folder, policy }, { atFile: () => undefined });
}

function codesOf(folder: string, policy = POLICY): readonly string[] {
  const verdict = check(folder, policy);
  return verdict.findings.map(({ code, file }) => `${file ?? '-'} ${code}`);
}

async function withConverter(content: ConverterFiles, use: (folder: string) => unknown): Promise<void> {
  await using home = await makeTemporaryFolder();
  await use(await writeConverter(home.path, 'acme', content));
}

describe('checkFolder()', () => {
  it('passes a converter with its reachable modules, types blanked, and no other file', async () => {
    const files = {
      'converter.ts': `import { a } from './lib/a.ts';\nexport default a as unknown;\n`,
      'lib/a.ts': `import '../converter.ts';\nexport const a: number = 1;\n`,
      'unreachable.ts': 'this is no code',
      'README.md': '# hello',
    };
    await withConverter({ files }, (folder) => {
      const verdict = check(folder);

      expect(verdict).toMatchObject({ kind: 'passed', findings: [], converter: { entry: 'converter.ts' } });
      expect(verdict.kind === 'passed' && [...verdict.converter.files.keys()]).toEqual(['converter.ts', 'lib/a.ts']);
      expect(verdict.kind === 'passed' && verdict.converter.files.get('lib/a.ts')).toContain('const a         = 1;');
    });
  });

  it('gives another hash for another manifest or module, and the same for another README', async () => {
    await withConverter({ files: { 'README.md': 'a' } }, async (folder) => {
      const hashOf = () => {
        const verdict = check(folder);
        return verdict.kind === 'passed' ? verdict.converter.sha256 : null;
      };
      const first = hashOf();

      await writeFile(join(folder, 'README.md'), 'b');
      expect(hashOf()).toBe(first);
      await writeFile(join(folder, 'converter.ts'), `${SMALLEST_CONVERTER}\n`);
      const second = hashOf();
      await writeFile(join(folder, 'converter.json'), '{"name":"acme","version":"1.0.1"}');

      expect(new Set([first, second, hashOf(), null]).size).toBe(4);
    });
  });

  it('reports every offence of every module, in order of place', async () => {
    const files = {
      'converter.ts': `import 'node:fs';\nimport './a.ts';\nexport default import.meta;`,
      'a.ts': `import 'lodash';\nenum A { B }`,
    };
    await withConverter({ files }, (folder) => {
      expect(codesOf(folder)).toEqual([
        'a.ts typescript-syntax',
        'converter.ts no-node-builtin',
        'converter.ts no-import-meta',
      ]);
    });
  });

  it('passes a converter with warnings alone, and tells them', async () => {
    const slow = 'export default /(a+)+/;\n';
    await withConverter({ files: { 'converter.ts': slow } }, (folder) => {
      expect(check(folder)).toMatchObject({
        kind: 'passed',
        findings: [{ severity: 'warning', code: 'slow-regex', file: 'converter.ts', line: 1, column: 16 }],
      });
    });
  });

  it('looks at every module however many warnings there are', async () => {
    const files = {
      'converter.ts': `import './last.ts';\nexport default [\n${'/(a+)+/,\n'.repeat(150)}];\n`,
      'last.ts': 'eval("1");',
    };
    await withConverter({ files }, (folder) => {
      const verdict = check(folder);

      expect(verdict.kind).toBe('refused');
      expect(verdict.findings).toHaveLength(100);
      expect(verdict.findings[0]).toMatchObject({ severity: 'error', code: 'no-global', file: 'last.ts' });
    });
  });

  it('refuses a missing entry, a missing manifest and a missing folder', async () => {
    await withConverter({ manifest: { entry: 'converter.js' } }, (folder) => {
      expect(codesOf(folder)).toEqual(['converter.js not-found']);
      expect(codesOf(join(folder, '..', 'none'))).toEqual(['- not-found']);
      expect(codesOf(join(folder, '..'))).toEqual(['converter.json not-found']);
    });
  });

  it('refuses a file that is not UTF-8', async () => {
    await withConverter({}, async (folder) => {
      await writeFile(join(folder, 'converter.ts'), Buffer.from([0xff, 0xfe, 0x00]));

      expect(codesOf(folder)).toEqual(['converter.ts syntax']);
    });
  });

  it.each([
    [FILE_LIMITS.fileBytes - 1, []],
    [FILE_LIMITS.fileBytes, []],
    [FILE_LIMITS.fileBytes + 1, ['converter.js file-size']],
  ])('takes a file of %i bytes or refuses it', async (bytes, codes) => {
    const start = 'export default 1;//';
    const files = { 'converter.js': start.padEnd(bytes, 'x') };
    await withConverter({ manifest: { entry: 'converter.js' }, files }, (folder) => {
      expect(codesOf(folder)).toEqual(codes);
    });
  });

  it.each([
    [FILE_LIMITS.manifestBytes, []],
    [FILE_LIMITS.manifestBytes + 1, ['converter.json file-size']],
  ])('takes a manifest of %i bytes or refuses it', async (bytes, codes) => {
    const files = { 'converter.json': '{"name":"acme","version":"1.0.0"}'.padEnd(bytes, ' ') };
    await withConverter({ files }, (folder) => {
      expect(codesOf(folder)).toEqual(codes);
    });
  });

  it('refuses a converter larger than 4 MiB in all', async () => {
    const names = Array.from({ length: 4 }, (_none, index) => `m${index}.js`);
    const entry = `${names.map((name) => `import './${name}';`).join('\n')}\nexport default 1;`;
    const modules = Object.fromEntries(names.map((name) => [name, '//'.padEnd(FILE_LIMITS.fileBytes, 'x')]));
    await withConverter({ files: { ...modules, 'converter.ts': entry } }, (folder) => {
      expect(codesOf(folder)).toEqual(['m3.js converter-size']);
    });
  });

  it.each([
    [FILE_LIMITS.files, []],
    [FILE_LIMITS.files + 1, ['- file-count']],
  ])('takes %i files or refuses them', async (count, codes) => {
    const more = Array.from({ length: count - 2 }, (_none, index) => [`n${index}.txt`, '']);
    await withConverter({ files: Object.fromEntries(more) }, (folder) => {
      expect(codesOf(folder)).toEqual(codes);
    });
  });

  it('does not count fixtures', async () => {
    const more = Array.from({ length: 300 }, (_none, index) => [`fixtures/n${index}.txt`, '']);
    await withConverter({ files: Object.fromEntries(more) }, (folder) => {
      expect(codesOf(folder)).toEqual([]);
    });
  });

  it.runIf(isPosix)('refuses a link to a file, a link to a folder and a pipe', async () => {
    await withConverter({}, async (folder) => {
      await symlink('/etc/passwd', join(folder, 'a.ts'));
      await symlink('/etc', join(folder, 'b'));
      execFileSync('mkfifo', [join(folder, 'c.ts')]);

      expect([...codesOf(folder)].sort()).toEqual(['a.ts file-type', 'b file-type', 'c.ts file-type']);
    });
  });

  it.runIf(isPosix)('refuses a converter folder that is a link', async () => {
    await withConverter({}, async (folder) => {
      const link = join(folder, '..', 'linked');
      await symlink(folder, link);

      expect(codesOf(link)).toEqual(['- file-type']);
    });
  });

  it.runIf(isPosix)('takes a folder below a link', async () => {
    await withConverter({}, async (folder) => {
      const above = join(folder, '..');
      await symlink(above, join(above, 'link'));

      expect(codesOf(join(above, 'link', 'acme'))).toEqual([]);
    });
  });

  it.runIf(isPosix)('refuses what others may write: the folder, a folder in it, a file', async () => {
    await withConverter({}, async (folder) => {
      await chmod(join(folder, 'converter.ts'), 0o666);
      expect(codesOf(folder)).toEqual(['converter.ts file-writable']);

      await chmod(join(folder, 'converter.ts'), 0o664);
      expect(codesOf(folder)).toEqual([]);
      expect(codesOf(folder, { ...POLICY, forbiddenMode: 0o022 })).toEqual(['converter.ts file-writable']);

      await chmod(folder, 0o777);
      expect(codesOf(folder)).toEqual(['- file-writable']);
    });
  });

  it.runIf(isPosix)('refuses a module in a folder that others may write', async () => {
    await withConverter({ files: { 'converter.ts': `import './lib/a.ts'; export default 1;` } }, async (folder) => {
      await mkdir(join(folder, 'lib'));
      await writeFile(join(folder, 'lib', 'a.ts'), '');
      await chmod(join(folder, 'lib'), 0o777);

      expect(codesOf(folder)).toEqual(['lib/a.ts file-writable']);
    });
  });

  it.runIf(isPosix)('refuses files of a user who is not believed', async () => {
    await withConverter({}, (folder) => {
      expect(codesOf(folder, { ...POLICY, trustedUids: [4_711] })).toEqual(['- file-owner']);
    });
  });
});
