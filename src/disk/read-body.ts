// Reads a body wholly into memory, wherever it lies.

import { readFile } from 'node:fs/promises';
import type { Body } from '../core/body.ts';

/**
 * All bytes of a body. For what needs them at once; whoever can, reads a file piece by piece.
 *
 * @param body - Either kind.
 * @throws the system's error when the file cannot be read.
 */
export async function readBody(body: Body): Promise<Uint8Array> {
  return body.kind === 'inline' ? body.bytes : await readFile(body.path);
}
