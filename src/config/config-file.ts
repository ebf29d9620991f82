// Finds and reads the configuration file of one home.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { AirlockError, isSystemError } from '../core/errors.ts';
import type { Finding } from '../core/findings.ts';
import type { Places } from '../disk/places.ts';
import { MAX_CONFIG_BYTES } from './document.ts';

/** The file that rules; `bytes` is null when there is none (`path` is then where it would be). */
export type ConfigFile = {
  readonly path: string;
  readonly bytes: Uint8Array | null;
  readonly findings: readonly Finding[];
};

/**
 * Read one file, up to a byte more than the limit; never waits for the other end of a FIFO.
 *
 * @param path - The file.
 * @returns null when there is none.
 * @throws {AirlockError} file_unreadable when it is no regular file, or the system refuses.
 */
export async function readConfigBytes(path: string): Promise<Uint8Array | null> {
  try {
    // A FIFO in its place would else hold the start until somebody writes. Windows has no such flag.
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await file.stat();
    if (!stats.isFile()) {
      throw new AirlockError('file_unreadable', `Cannot read configuration ${path}: it is no regular file`);
    }
    // One byte over the limit is enough to know; a file that grows meanwhile cannot fill the memory.
    const buffer = Buffer.alloc(Math.min(stats.size, MAX_CONFIG_BYTES) + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    if (cause instanceof AirlockError) throw cause;
    throw new AirlockError('file_unreadable', `Cannot read configuration ${path}: the system refused`, { cause });
  }
}

/**
 * Read `config.jsonc`, else `config.json`; where both are there the first rules, with a warning.
 *
 * @param places - Of this instance.
 * @throws {AirlockError} file_unreadable when the file is there and cannot be read.
 */
export async function readConfigFile(places: Pick<Places, 'home' | 'configFile'>): Promise<ConfigFile> {
  const plain = join(places.home, 'config.json');
  const [first, second] = await Promise.all([readConfigBytes(places.configFile), readConfigBytes(plain)]);
  if (first === null) {
    return { path: second === null ? places.configFile : plain, bytes: second, findings: [] };
  }
  if (second === null) return { path: places.configFile, bytes: first, findings: [] };
  const message = `config.json is not read: ${places.configFile} rules`;
  const masked = {
    severity: 'warning',
    code: 'masked',
    path: '',
    file: plain,
    line: null,
    column: null,
    message,
  } as const;
  return { path: places.configFile, bytes: first, findings: [masked] };
}
