// What an endpoint is called on this machine. Pure. Source: protocol.md 10.

import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import type { RandomBytes } from './handshake.ts';

const PIPE_PREFIX = '\\\\.\\pipe\\';
const PIPE_RANDOM_BYTES = 16;
const SHORT_HASH_CHARS = 16;

/** What a socket path is made of. */
export type SocketPathInput = {
  /** Runtime folder of the home. */
  readonly run: string;
  readonly instance: string;
  /** Folder of the instance itself: two of them never share a shortened path. */
  readonly home: string;
  /** A temporary folder with a short name, `/tmp`. */
  readonly shortTemp: string;
  readonly uid: number;
};

/** A socket path. When `isShortened`, its folder is not the runtime folder: say so in the log. */
export type SocketPath = { readonly path: string; readonly isShortened: boolean };

/**
 * Where an instance's socket lies: `<run>/<instance>.sock`, or a hashed place under `shortTemp` when that is over 103 bytes.
 *
 * Source: `sun_path` holds 108 bytes on Linux and 104 on macOS, with a NUL at the end.
 */
export function chooseSocketPath({ run, instance, home, shortTemp, uid }: SocketPathInput): SocketPath {
  const path = posix.join(run, `${instance}.sock`);
  if (Buffer.byteLength(path, 'utf8') <= WIRE_LIMITS.socketPathBytes) return { path, isShortened: false };
  const hash = createHash('sha256').update(home, 'utf8').digest('hex').slice(0, SHORT_HASH_CHARS);
  return { path: posix.join(shortTemp, `airlock-${uid}`, `${hash}.sock`), isShortened: true };
}

/**
 * A new pipe name that nobody can guess: 128 random bits.
 *
 * @param random - Source of random bytes.
 */
export function makePipeName(random: RandomBytes): string {
  return `${PIPE_PREFIX}airlock-${random(PIPE_RANDOM_BYTES).toString('hex')}`;
}

/**
 * Is this endpoint a Windows pipe?
 *
 * @param endpoint - Socket path or full pipe name.
 */
export function isPipeName(endpoint: string): boolean {
  return endpoint.startsWith(PIPE_PREFIX);
}

/** Who may open an endpoint beside its owner, as `net.Server` has it. */
export type PipeAccess = { readonly readableAll: boolean; readonly writableAll: boolean };

/**
 * Who may open an endpoint beside its owner.
 *
 * A pipe cannot name a group: one that a group shares is open to all, and the proof holds. On a socket these switches would set a
 * mode that everybody may use; its group does that instead.
 *
 * @param endpoint - Socket path or full pipe name.
 * @param isShared - Are there groups that may use it?
 */
export function pipeAccess(endpoint: string, { isShared }: { readonly isShared: boolean }): PipeAccess {
  const isOpen = isShared && isPipeName(endpoint);
  return { readableAll: isOpen, writableAll: isOpen };
}

/**
 * A pipe's name without its prefix; any other endpoint as it is. node-ipc's server always adds the prefix by itself.
 *
 * @param endpoint - Socket path or full pipe name.
 */
export function toBarePipeName(endpoint: string): string {
  return isPipeName(endpoint) ? endpoint.slice(PIPE_PREFIX.length) : endpoint;
}
