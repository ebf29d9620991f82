// One chunk on its way out: a large payload is handed to the system as it lies in memory.

import { type Chunk, encodeChunk, encodeChunkHead } from './framing.ts';
import type { Wire } from './wire.ts';

/** Up to so many bytes one more copy is cheaper than one more buffer. */
const COPY_BYTES = 4096;

/**
 * Send a chunk. Its payload may not be changed afterwards.
 *
 * @param wire - The peer's.
 * @param chunk - Stream id 1 to 2^32 - 1; payload within the cap that the peer told.
 * @returns As {@link Wire.send}.
 */
export function sendChunk(wire: Pick<Wire, 'send'>, chunk: Chunk): boolean {
  const { payload } = chunk;
  return payload.length <= COPY_BYTES ? wire.send(encodeChunk(chunk)) : wire.send(encodeChunkHead(chunk), payload);
}
