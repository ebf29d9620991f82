// Blocking reads and writes of frames on the two pipes of a runner: no event loop turns while a guest runs.

import { readSync, writeSync } from 'node:fs';
import { isSystemError } from '../core/errors.ts';
import { decodeHeader, encodeHeader, type Frame, type FrameType, HEADER_BYTES } from '../sandbox/channel.ts';

/** The runner's end of the channel. */
export type RunnerChannel = {
  /** The next frame, or null when the daemon closed its end or broke the protocol: there is nobody left to work for. */
  readonly read: () => Frame | null;
  readonly write: (type: FrameType, job: number, payload: Uint8Array) => void;
};

const RETRY_MS = 1;
const STDIN = 0;
const STDOUT = 1;

function retrying(attempt: () => number): number {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isSystemError(error, 'EAGAIN', 'EINTR')) throw error;
      // A pipe that somebody made non-blocking: wait without a turn of the event loop.
      Atomics.wait(never, 0, 0, RETRY_MS);
    }
  }
}

function readExactly(target: Buffer): boolean {
  let filled = 0;
  while (filled < target.length) {
    const offset = filled;
    const read = retrying(() => readSync(STDIN, target, offset, target.length - offset, null));
    if (read === 0) return false;
    filled += read;
  }
  return true;
}

function writeAll(bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) {
    const offset = written;
    written += retrying(() => writeSync(STDOUT, bytes, offset, bytes.length - offset));
  }
}

/**
 * Open the channel on standard input and output.
 *
 * @param caps - Largest payload by type of what may come in.
 */
export function openChannel(caps: ReadonlyMap<number, number>): RunnerChannel {
  const header = Buffer.alloc(HEADER_BYTES);

  function read(): Frame | null {
    if (!readExactly(header)) return null;
    const head = decodeHeader(header, caps);
    if (head.kind === 'broken') return null;
    const payload = Buffer.allocUnsafe(head.payloadBytes);
    return readExactly(payload) ? { type: head.type, job: head.job, payload } : null;
  }

  function write(type: FrameType, job: number, payload: Uint8Array): void {
    const head = encodeHeader({ type, job, payloadBytes: payload.length });
    writeAll(payload.length === 0 ? head : Buffer.concat([head, payload]));
  }

  return { read, write };
}
