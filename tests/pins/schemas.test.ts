import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { findDrift, generateSchemas } from '../../scripts/schemas.ts';

describe('schemas/', () => {
  test('equals what the sources say', async () => {
    expect(await findDrift(path.join(import.meta.dirname, '..', '..', 'schemas'))).toEqual([]);
  });

  test('names a file that was changed by hand and those that are missing', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'airlock-schemas-'));
    const [[first, text] = ['', ''], ...others] = generateSchemas();
    await writeFile(path.join(folder, first), `${text} `);

    const drifted = await findDrift(folder);

    expect(drifted).toEqual([first, ...others.map(([name]) => name)]);
    await rm(folder, { recursive: true });
  });

  test('comes out the same twice', () => {
    expect([...generateSchemas()]).toEqual([...generateSchemas()]);
  });

  test('shows units as texts with a pattern', () => {
    const config = generateSchemas().get('config.v2.json') ?? '';

    expect(JSON.parse(config)).toMatchObject({
      properties: {
        daemon: {
          properties: { drain: { type: 'string', default: '10 s', examples: expect.arrayContaining(['30 s']) } },
        },
      },
    });
  });
});
