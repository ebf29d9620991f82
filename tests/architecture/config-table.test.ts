import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema/root.ts';
import { listKeys } from '../../src/config/schema-walk.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/operations.md'), 'utf8');

it('docs/operations.md names every key of the configuration, and no other', () => {
  const named = [...page.matchAll(/^\| `([^`]+)` \|.*\|.*\|$/gm)]
    .map((match) => match[1] ?? '')
    .filter((key) => /^[$a-z][$A-Za-z]*(\.|$)/.test(key));
  const keys = listKeys(configSchema).map((key) => key.replace(/^(converters\.settings\.<name>\.limits)\..*/, '$1.*'));
  const table = named
    .filter((key) => key.includes('.') || key === '$schema' || key === 'version')
    .filter((key) => !key.includes('/') && key !== 'config.jsonc');

  expect(table.toSorted()).toEqual([...new Set(keys)].toSorted());
});
