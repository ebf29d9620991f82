import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readDocPrograms } from '../support/doc-code.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'build', 'doc-code');

function typeCheck(fences: readonly { readonly page: string; readonly code: string }[]): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  fences.forEach(({ page, code }, index) =>
    writeFileSync(path.join(folder, `${path.basename(page, '.md')}-${index}.ts`), code),
  );
  const options = {
    extends: '../../tsconfig.json',
    include: ['*.ts', '../../src/**/*.d.ts'],
    exclude: [],
    compilerOptions: { paths: { 'airlock/converter': ['../../src/guest/index.ts'] } },
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options));
  const { stdout, error } = spawnSync(path.join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (error !== undefined) throw error;
  return stdout;
}

it('TypeScript in the docs compiles, and a planted mistake does not', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'converters/*/README.md'], { cwd: root });
  const fences = pages.flatMap(readDocPrograms);
  const planted = [
    { page: 'planted.md', code: "import { nothing } from 'airlock/converter';\nnothing();\n" },
    {
      page: 'planted.md',
      code: "import { connect } from 'airlock';\n(await connect()).call('status/get', { a: 1 });\n",
    },
  ];

  expect(fences.length).toBeGreaterThan(0);
  expect(typeCheck(fences)).toBe('');
  expect(typeCheck(planted)).toMatch(/planted-0\.ts[\s\S]*planted-1\.ts/);
});
