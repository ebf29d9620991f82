import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSources } from './sources.ts';

const root = path.resolve(import.meta.dirname, '../..');
const pages = globSync(
  ['*.md', 'docs/**/*.md', 'converters/*/README.md', 'examples/**/*.md', 'tests/fixtures/transcripts/*.md'],
  { cwd: root },
).map((file) => file.replaceAll('\\', '/'));

function brokenLinks(page: string, text: string): readonly string[] {
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return links
    .map((link) => link.replace(/#.*$/, ''))
    .filter((link) => link !== '' && !existsSync(path.join(root, path.dirname(page), link)))
    .map((link) => `${page}: ${link}`);
}

describe('documentation', () => {
  it('is there', () => {
    expect(pages.length).toBeGreaterThan(15);
  });

  it('has no relative link that leads nowhere', () => {
    expect(pages.flatMap((page) => brokenLinks(page, readFileSync(path.join(root, page), 'utf8')))).toEqual([]);
    expect(brokenLinks('README.md', '[a](docs/nowhere.md) [b](https://example.com)')).toEqual([
      'README.md: docs/nowhere.md',
    ]);
  });

  it('has an ADR for every ADR that code or docs refer to', () => {
    const texts = [
      ...readSources().map(({ text }) => text),
      ...pages.map((page) => readFileSync(path.join(root, page), 'utf8')),
    ];
    const named = new Set(
      texts.flatMap((text) => [...text.matchAll(/(?:ADR-|docs\/adr\/)(\d{4})/g)].map((match) => match[1] ?? '')),
    );

    expect([...named].filter((number) => globSync(`docs/adr/${number}-*.md`, { cwd: root }).length !== 1)).toEqual([]);
  });

  it('shows each attack of the threat model by tests that exist', () => {
    const text = readFileSync(path.join(root, 'docs/threat-model.md'), 'utf8');
    const [, attacks = ''] = text.split(/^## (?:Attacks|Left over)$/m);
    const rows = attacks.split('\n').filter((line) => /^\| [^-]/.test(line));
    const named = [...text.matchAll(/`(tests\/[^`]+)`/g)].map((match) => match[1] ?? '');

    expect(rows.slice(1).filter((row) => !/`tests\/[^`]+`/.test(row))).toEqual([]);
    expect(rows.length).toBeGreaterThan(20);
    expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  it('lists every ADR in its index', () => {
    const index = readFileSync(path.join(root, 'docs/adr/README.md'), 'utf8');

    expect(globSync('docs/adr/0*.md', { cwd: root }).filter((file) => !index.includes(path.basename(file)))).toEqual(
      [],
    );
  });

  it('names the two commands in the README exactly', () => {
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

    expect(readme).toContain('npm ci && npm start');
    expect(readme).toContain('npm ci && npm test');
    expect(readFileSync(path.join(root, '.ci/run'), 'utf8')).toContain('npm ci && npm test');
  });

  it('shows for each requirement proofs that exist, or says that it is open', () => {
    const text = readFileSync(path.join(root, 'docs/requirements.md'), 'utf8');
    const rows = text
      .split('\n')
      .filter((line) => /^\| (P-|R\d-)/.test(line))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    const ids = rows.map((cells) => cells[1] ?? '');
    const dangling = rows.flatMap(([, id, , where = '']) =>
      where.startsWith('open')
        ? []
        : [...where.matchAll(/`([^`]+\/[^`]+)`/g)]
            .map((match) => match[1] ?? '')
            .filter((file) => !existsSync(path.join(root, file)))
            .map((file) => `${id}: ${file}`),
    );

    expect(ids.length).toBe(222);
    expect(new Set(ids).size).toBe(ids.length);
    expect(rows.filter(([, , , where = '']) => !/^open|`[^`]+\/[^`]+`/.test(where)).map((cells) => cells[1])).toEqual(
      [],
    );
    expect(dangling).toEqual([]);
  });
});
