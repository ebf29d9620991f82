// Converter folders in temporary places, for tests of the gate, the registry and conversions.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The smallest converter that passes the gate. */
export const SMALLEST_CONVERTER = `import { defineConverter } from 'airlock/converter';
export default defineConverter({ convert() {} });
`;

/** What to write: files by relative path, and what differs from the smallest manifest. */
export type ConverterFiles = {
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
};

/**
 * Write a converter folder.
 *
 * @param parent - Folder that exists.
 * @param name - Name of the converter.
 * @param content - Files over a smallest `converter.ts`.
 * @returns Path of the converter's folder.
 */
export async function writeConverter(parent: string, name: string, content: ConverterFiles = {}): Promise<string> {
  const folder = join(parent, name);
  const manifest = JSON.stringify({ name, version: '1.0.0', ...content.manifest });
  const files = { 'converter.json': manifest, 'converter.ts': SMALLEST_CONVERTER, ...content.files };
  await mkdir(folder, { mode: 0o755 });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o755 });
    await writeFile(join(folder, path), text, { mode: 0o644 });
  }
  return folder;
}
