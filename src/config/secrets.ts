// Finds the text behind a reference such as `{ "secret": "wats-token" }`, at the moment it is used.

import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AirlockError, isSystemError } from '../core/errors.ts';
import { isName } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import { Secret } from '../core/secret.ts';
import type { Environment, Places } from '../disk/places.ts';
import { checkPrivateDirectory, checkPrivateFile, openRealFile } from '../disk/private-directory.ts';

/** Finds a secret by name; null when nobody holds one of that name. */
export type SecretResolver = (name: string) => Promise<Secret | null>;

/** What {@link makeSecretResolver} needs. */
export type SecretDeps = {
  readonly places: Pick<Places, 'secrets'>;
  readonly env: Environment;
  /** Is told each failure: whoever asks must not repeat it to a peer, because it names a path of the machine. */
  readonly log: Pick<Logger, 'warn'>;
};

const MAX_SECRET_BYTES = 64 * 1024;

async function openSecret(path: string): Promise<FileHandle | null> {
  try {
    return await openRealFile(path);
  } catch (cause) {
    if (cause instanceof AirlockError) throw cause;
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw new AirlockError('file_unreadable', `Cannot read secret ${path}: the system refused`, { cause });
  }
}

/** The text of a secret file without the line end that editors and `echo` put behind it. */
async function readSecret(file: FileHandle, path: string): Promise<Secret> {
  const buffer = Buffer.alloc(MAX_SECRET_BYTES + 1);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  const text = buffer.toString('utf8', 0, bytesRead).replace(/\r?\n$/, '');
  buffer.fill(0);
  if (bytesRead > MAX_SECRET_BYTES) {
    throw new AirlockError('unavailable', `Cannot use secret ${path}: it has more than ${MAX_SECRET_BYTES} bytes`);
  }
  if (text === '') throw new AirlockError('unavailable', `Cannot use secret ${path}: the file is empty`);
  return new Secret(text);
}

async function readOwnFile(folder: string, name: string): Promise<Secret | null> {
  const path = join(folder, name);
  await using file = await openSecret(path);
  if (file === null) return null;
  await checkPrivateDirectory(folder);
  // Race: the handle's own stats, so that the file that was checked is the file that is read.
  checkPrivateFile(path, await file.stat());
  return await readSecret(file, path);
}

async function readCredential(folder: string | undefined, name: string): Promise<Secret | null> {
  if (folder === undefined || folder === '') return null;
  const path = join(folder, name);
  // Trust: systemd owns this folder and sets its modes; the service cannot change them.
  await using file = await openSecret(path);
  return file === null ? null : await readSecret(file, path);
}

/**
 * Make the function that finds secrets. Nothing is kept: each call looks again, so a new secret counts at once.
 *
 * Order: environment `AIRLOCK_SECRET_<NAME>`, systemd credential, `<home>/secrets/<name>` (0600, own user, no link).
 *
 * The function throws AirlockError `invalid_params` for a text that is no name, `unavailable` for a file that others could
 * read (its message names the command that mends it) or that is empty, `file_unreadable` when the system refuses.
 *
 * @param deps - Own places and environment.
 */
export function makeSecretResolver({ places, env, log }: SecretDeps): SecretResolver {
  async function find(name: string): Promise<Secret | null> {
    if (!isName(name)) {
      throw new AirlockError(
        'invalid_params',
        'Cannot find secret: its name must be lower-case letters, digits and "-"',
      );
    }
    const variable = env[`AIRLOCK_SECRET_${name.toUpperCase().replaceAll('-', '_')}`];
    if (variable !== undefined && variable !== '') return new Secret(variable);
    return (await readCredential(env['CREDENTIALS_DIRECTORY'], name)) ?? (await readOwnFile(places.secrets, name));
  }

  return async (name) => {
    try {
      return await find(name);
    } catch (err) {
      log.warn({ err, secret: name }, 'a secret cannot be read');
      throw err;
    }
  };
}
