// The built files, for the sealed runner and the registry: where they are, and that they are whole and not stale.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { AirlockError, isSystemError } from '../core/errors.ts';

/** Where the sealed bundle lies. */
export type BundlePaths = {
  /** Folder with the files of {@link BUNDLE_FILES}. */
  readonly folder: string;
  /** Root of the package: sources in the manifest are relative to it. */
  readonly root: string;
};

/** Names of the built files. */
export const BUNDLE_FILES = {
  runner: 'runner.cjs',
  guest: 'guest.js',
  converters: 'converters.json',
  manifest: 'manifest.json',
} as const;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `manifest.json`: what was built, from what. */
export const bundleManifestSchema = z.strictObject({
  runner: sha256,
  guest: sha256,
  converters: sha256,
  /** Relative to the package's root, sorted, with `/`. */
  sources: z.array(z.string()).min(1),
  sourcesSha256: sha256,
});
/** See {@link bundleManifestSchema}. */
export type BundleManifest = z.output<typeof bundleManifestSchema>;

/** A bundle that was checked. */
export type SealedBundle = {
  readonly runnerPath: string;
  readonly guest: string;
  /** The bundled converters, as the gate writes them down (gate/shipped.ts). */
  readonly converters: string;
};

/**
 * SHA-256 of bytes, as lower-case hex.
 *
 * @param bytes - Text counts as UTF-8.
 */
export function hashBytes(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Hash source files, each with its path and length before it.
 *
 * @param root - Package root.
 * @param sources - Paths relative to it.
 */
export async function hashSources(root: string, sources: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    const bytes = await readFile(path.join(root, source));
    hash.update(`${source}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function unusable(reason: string, cause?: unknown): AirlockError {
  return new AirlockError('unavailable', `Cannot use the sealed bundle: ${reason}, run "npm run bundle"`, { cause });
}

async function readPart(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw unusable(`${path.basename(file)} cannot be read`, error);
  }
}

type HashedPart = Exclude<keyof typeof BUNDLE_FILES, 'manifest'>;

async function readHashed(folder: string, part: HashedPart, manifest: BundleManifest): Promise<string> {
  const bytes = await readPart(path.join(folder, BUNDLE_FILES[part]));
  if (hashBytes(bytes) !== manifest[part]) throw unusable(`${BUNDLE_FILES[part]} was changed`);
  return bytes.toString('utf8');
}

function readManifest(bytes: Buffer): BundleManifest {
  try {
    return bundleManifestSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw unusable('its manifest is not understood', error);
  }
}

/** An installed package has no sources: there is nothing that could be newer than the built files. */
async function isStale(root: string, manifest: BundleManifest): Promise<boolean> {
  try {
    return (await hashSources(root, manifest.sources)) !== manifest.sourcesSha256;
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    return hasSources(root);
  }
}

async function hasSources(root: string): Promise<boolean> {
  try {
    await readFile(path.join(root, 'src/sandbox-child/main.ts'));
    return true;
  } catch {
    // Absent: installed, not a checkout.
    return false;
  }
}

/**
 * Read the sealed bundle and check it against its manifest, and the manifest against the sources if there are any.
 *
 * @param paths - See {@link BundlePaths}.
 * @throws {AirlockError} unavailable when a file is missing, was changed after it was built, or is older than its sources.
 */
export async function openBundle({ folder, root }: BundlePaths): Promise<SealedBundle> {
  const manifest = readManifest(await readPart(path.join(folder, BUNDLE_FILES.manifest)));
  const [, guest, converters] = await Promise.all([
    readHashed(folder, 'runner', manifest),
    readHashed(folder, 'guest', manifest),
    readHashed(folder, 'converters', manifest),
  ]);
  if (await isStale(root, manifest)) throw unusable('it is older than its sources');
  return { runnerPath: path.join(folder, BUNDLE_FILES.runner), guest, converters };
}
