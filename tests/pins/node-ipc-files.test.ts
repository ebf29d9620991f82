import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const modules = path.resolve(import.meta.dirname, '../../node_modules');

// node-ipc was sabotaged once and hijacked once: what runs is what was read. Source: SECURITY.md, protocol.md 0.
const PINNED = [
  ['node-ipc', '14.0.0', 9, '9ebfb34a3184a77247f533a5bc0c8de170c66dc918ac894ab64e26ef5e420721'],
  ['event-pubsub', '6.1.1', 2, '64a81c9d98ccc8c6209a187b268d6093b37e686f380aa938fbf3dd633d2089b6'],
  ['js-message', '3.1.0', 4, 'df81ce3501f34c421de4a730f9b0b9af9acf4b9bd308f6518dcb0f598067f787'],
  ['js-queue', '3.1.0', 4, '1ba0c2b1d6c912c72131b96c8c5bf4c546ba82ea555706f882bab84837d92978'],
  ['easy-stack', '2.1.0', 4, '45a38bcb8edee9e4aaf640d0e7cb696d615b862897a3cd576458240ce8a2632b'],
  ['strong-type', '2.0.0', 3, 'fdacca9336a14badb1b66f068c6aed8d98bd6de7da2f04c3b01a0597544e329f'],
] as const;

function hashPackage(name: string): { readonly version: string; readonly files: number; readonly sha256: string } {
  const cwd = path.join(modules, name);
  const files = globSync(['**/*.js', '**/*.mjs', '**/*.cjs', 'package.json'], { cwd })
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted();
  const hash = createHash('sha256');
  for (const file of files) {
    const bytes = readFileSync(path.join(cwd, file));
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  const { version } = JSON.parse(readFileSync(path.join(cwd, 'package.json'), 'utf8')) as { version: string };
  return { version, files: files.length, sha256: hash.digest('hex') };
}

it.each(PINNED)('the installed files of %s are those of %s that were read', (name, version, files, sha256) => {
  expect(hashPackage(name)).toEqual({ version, files, sha256 });
});

it('node-ipc has no dependency that is not pinned here', () => {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    seen.add(name);
    const { dependencies = {} } = JSON.parse(readFileSync(path.join(modules, name, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    for (const dependency of Object.keys(dependencies)) visit(dependency);
  };
  visit('node-ipc');

  expect([...seen].toSorted()).toEqual(PINNED.map(([name]) => name).toSorted());
});
