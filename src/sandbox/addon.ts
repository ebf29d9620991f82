// Finds the native file of isolated-vm for this machine and holds its version floor; the runner loads it by path.

import { readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { AirlockError } from '../core/errors.ts';

const require = createRequire(import.meta.url);
const packageSchema = z.object({ version: z.string() });

/**
 * Is this version of isolated-vm one that may hold guests? `>=7.0.1 <8`.
 *
 * @param version - As in its package file.
 * Source: GHSA-864f-rcv7-6rh4, critical in all versions up to 7.0.0.
 */
export function isSafeVersion(version: string): boolean {
  const match = /^7\.(\d{1,6})\.(\d{1,6})$/.exec(version);
  return match !== null && (Number(match[1]) > 0 || Number(match[2]) >= 1);
}

function libcSuffix(): string {
  if (process.platform !== 'linux') return '';
  Object.assign(process.report, { excludeNetwork: true });
  const { header } = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime === undefined ? '.musl' : '.glibc';
}

/**
 * Find isolated-vm's native file for this Node and platform.
 *
 * @returns An absolute path.
 * @throws {AirlockError} unavailable when the package is missing, its version is not safe, or it has no file for this machine.
 */
export async function findAddon(): Promise<string> {
  try {
    const manifest = require.resolve('isolated-vm/package.json');
    const { version } = packageSchema.parse(JSON.parse(readFileSync(manifest, 'utf8')));
    if (!isSafeVersion(version))
      throw new AirlockError('unavailable', `Cannot use isolated-vm ${version}: at least 7.0.1 and below 8 is needed`);
    const folder = path.join(path.dirname(manifest), 'prebuilds', `${process.platform}-${process.arch}`);
    const file = path.join(folder, `isolated-vm.abi${process.versions.modules}${libcSuffix()}.node`);
    await access(file);
    return file;
  } catch (error) {
    if (error instanceof AirlockError) throw error;
    throw new AirlockError('unavailable', 'Cannot load isolated-vm: it has no file for this Node and platform', {
      cause: error,
    });
  }
}
