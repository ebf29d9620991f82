// Fills a buffer from a file: one read may give fewer bytes than there are.

import type { FileHandle } from 'node:fs/promises';

/**
 * Fill the buffer from the file's current position.
 *
 * @param file - Open for reading.
 * @param buffer - Filled from its start.
 * @returns bytes read; fewer than the buffer holds = the file ends there.
 * @throws the system's error.
 */
export async function readInto(file: Pick<FileHandle, 'read'>, buffer: Uint8Array): Promise<number> {
  let length = 0;
  while (length < buffer.byteLength) {
    const { bytesRead } = await file.read(buffer, length, buffer.byteLength - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
