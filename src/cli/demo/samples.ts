// The sample files that ship with airlock: the inputs of the bundled converters' fixtures.

import { globSync } from 'node:fs';
import path from 'node:path';
import { AirlockError } from '../../core/errors.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** One sample: where it lies, and the name it is submitted under. */
export type Sample = { readonly file: string; readonly name: string };

/**
 * Every sample, by converter and case.
 *
 * @throws {AirlockError} unavailable when none is there: the installation is not whole.
 */
export function listSamples(): readonly Sample[] {
  const files = globSync('converters/*/fixtures/*.in.*', { cwd: root }).toSorted();
  if (files.length === 0)
    throw new AirlockError('unavailable', 'Cannot run the demo: the sample files are missing, install airlock again');
  return files.map((file) => ({ file: path.join(root, file), name: path.basename(file).replace('.in.', '.') }));
}
