// Blocking reads and writes of frames on the two pipes of a runner: no event loop turns while a guest runs.

import { readSync, writeSync } from 'node:fs';
import { isSystemError } from '../core/errors.ts';
import { decodeHeader, encodeHeader, type Frame, type FrameType, FRAME_OUT, HEADER_BYTES } from '../sandbox/channel.ts';

/** The runner's end of the channel. */
export type RunnerChannel = {
  /** The next frame, or null when the daemon closed its end or broke the protocol: there is nobody left to work for. */
  readonly read: () => Frame | null;
  /**
   * Send a frame. Records and attachments may wait until there are some of them, for a call of the system costs more than a record:
   * whatever else is written, and every read, sends them first.
   */
  readonly write: (type: FrameType, job: number, payload: Uint8Array) => void;
};

const RETRY_MS = 1;
const STDIN = 0;
const STDOUT = 1;
/** Bytes of frames that wait: a pipe holds as many. */
const WAITING_BYTES = 64 * 1024;

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
  const waiting = Buffer.alloc(WAITING_BYTES);
  let waitingBytes = 0;

  function flush(): void {
    if (waitingBytes === 0) return;
    const bytes = waiting.subarray(0, waitingBytes);
    waitingBytes = 0;
    writeAll(bytes);
  }

  function append(bytes: Uint8Array): void {
    waiting.set(bytes, waitingBytes);
    waitingBytes += bytes.length;
  }

  function read(): Frame | null {
    // Order: nobody answers what was not sent.
    flush();
    if (!readExactly(header)) return null;
    const head = decodeHeader(header, caps);
    if (head.kind === 'broken') return null;
    const payload = Buffer.allocUnsafe(head.payloadBytes);
    return readExactly(payload) ? { type: head.type, job: head.job, payload } : null;
  }

  function write(type: FrameType, job: number, payload: Uint8Array): void {
    const head = encodeHeader({ type, job, payloadBytes: payload.length });
    const bytes = head.length + payload.length;
    // Order: frames leave in the order in which they were written.
    if (waitingBytes + bytes > WAITING_BYTES) flush();
    if (bytes > WAITING_BYTES) return writeAll(Buffer.concat([head, payload]));
    append(head);
    append(payload);
    if (type !== FRAME_OUT.part && type !== FRAME_OUT.attach) flush();
  }

  return { read, write };
}
