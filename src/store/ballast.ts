// A file of real bytes that is given up when the disk is full: SQLite needs room even to delete.

import { closeSync, existsSync, fdatasyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { randomFillSync } from 'node:crypto';

const PIECE_BYTES = 1024 ** 2;

/** `spent`: it was given up, or there was never room for it. `off`: there is to be none. */
export type BallastState = 'ready' | 'spent' | 'off';

/** See {@link makeBallast}. */
export type Ballast = {
  readonly state: () => BallastState;
  /** Give it up. False when there is nothing to give. */
  readonly release: () => boolean;
  /** Lay it down again. Never throws: without room it stays `spent`. */
  readonly rebuild: () => void;
};

function writeBytes(path: string, bytes: number): void {
  // Random, so that no file system saves them by compression.
  const piece = randomFillSync(Buffer.alloc(Math.min(PIECE_BYTES, bytes)));
  const file = openSync(path, 'w', 0o600);
  try {
    for (let left = bytes; left > 0; ) {
      const written = writeSync(file, piece, 0, Math.min(left, piece.byteLength));
      if (written === 0) throw new Error(`Cannot write ballast: ${left} of ${bytes} bytes are not taken`);
      left -= written;
    }
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

/**
 * The ballast of one store. It is looked for on disk at each question: it may have been given up before this process had it.
 *
 * @param path - The file.
 * @param bytes - How much; 0 = none.
 * Source: queue.md 1.3: proven to let a full queue drain.
 */
export function makeBallast(path: string, bytes: number): Ballast {
  const part = `${path}.part`;
  const state = (): BallastState => {
    if (bytes === 0) return 'off';
    return sizeOf(path) >= bytes ? 'ready' : 'spent';
  };
  return {
    state,
    release: () => {
      if (sizeOf(path) === 0) return false;
      rmSync(path, { force: true });
      return true;
    },
    rebuild: () => {
      if (state() !== 'spent') return;
      try {
        writeBytes(part, bytes);
        renameSync(part, path);
      } catch {
        // No room yet: the next quiet moment tries again.
        rmSync(part, { force: true });
      }
    },
  };
}
