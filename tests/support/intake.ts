// What the tests of watch folders share: waiting for files, canonical files to drop, and where reports went.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WatchFolderConfig } from '../../src/config/schema/intake.ts';
import { configSchema } from '../../src/config/schema/root.ts';
import type { AirlockConfigInput } from '../../src/config/schema/root.ts';
import { canonicalReport } from './e2e.ts';

type FolderInput = NonNullable<NonNullable<AirlockConfigInput['intake']>['folders']>[string];

/** A watch folder's settings as they are read. */
export function readFolderConfig(folder: FolderInput): WatchFolderConfig {
  const config = configSchema.parse({ intake: { folders: { in: folder } } }).intake.folders['in'];
  if (config === undefined) throw new Error('the folder is not in its own configuration');
  return config;
}

/** The watch folders of a configuration: each lies in the home under its own name and settles fast. */
export function foldersConfig(folders: Readonly<Record<string, object>>): {
  readonly folders: Record<string, FolderInput>;
} {
  const all = Object.entries(folders).map(([name, own]) => [name, { path: name, settle: '200 ms', ...own }]);
  return { folders: Object.fromEntries(all) };
}

/** Names in a folder, sorted; empty when there is none. `.` files are left out. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).toSorted();
}

/** All names in a folder. */
export async function allNamesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).toSorted();
}

/**
 * Wait until something on the disk is so. Files raise no event that a test could trust more than the code under test does, so
 * this looks again and again, up to a limit.
 */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  holds: (value: T) => boolean,
  { limitMs = 60_000 }: { readonly limitMs?: number } = {},
): Promise<T> {
  const until = performance.now() + limitMs;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    if (performance.now() > until) throw new Error(`it did not come to be: ${JSON.stringify(value)}`);
    await delay(20);
  }
}

/** Wait until a folder holds exactly these names. */
export function untilNames(folder: string, names: readonly string[]): Promise<readonly string[]> {
  return eventually(
    () => namesIn(folder),
    (found) => JSON.stringify(found) === JSON.stringify(names.toSorted()),
  );
}

/** Write a canonical report; each serial number is another one. */
export async function dropReport(folder: string, name: string, serialNumber = name): Promise<void> {
  await writeFile(join(folder, name), canonicalReport(serialNumber));
}

/** Serial numbers of what the `directory` destination holds, sorted; one delivered twice is there twice. */
export async function deliveredSerials(delivered: string): Promise<readonly string[]> {
  const serials: string[] = [];
  for (const day of await namesIn(delivered)) {
    for (const name of await namesIn(join(delivered, day))) {
      if (!name.endsWith('.json')) continue;
      const report: unknown = JSON.parse(await readFile(join(delivered, day, name), 'utf8'));
      const unit = typeof report === 'object' && report !== null && 'unit' in report ? report.unit : null;
      if (typeof unit === 'object' && unit !== null && 'serialNumber' in unit) serials.push(String(unit.serialNumber));
    }
  }
  return serials.toSorted();
}

/** Wait until exactly these were delivered, of all whose serial number begins with the prefix. */
export function untilSerials(
  delivered: string,
  prefix: string,
  serials: readonly string[],
): Promise<readonly string[]> {
  return eventually(
    async () => (await deliveredSerials(delivered)).filter((serial) => serial.startsWith(prefix)),
    (found) => JSON.stringify(found) === JSON.stringify(serials.toSorted()),
  );
}
