// One upload: room asked for as bytes come, bytes hashed and written, a file that goes again unless it is taken in.

import { createHash } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { INLINE_BODY_BYTES } from '../core/body.ts';
import { AirlockError, isSystemError } from '../core/errors.ts';
import type { KeyId } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import { writeFully } from '../disk/durable-file.ts';
import { DISK_FULL, STORE_FAILED } from './bounds.ts';
import type { RoomAnswer, RoomRelease, RoomRequest } from './room.ts';
import type { QueueFull, ReceivedBody, Upload, UploadInput, UploadOutcome } from './upload-types.ts';

/** What an upload needs. */
export type UploadDeps = {
  /** Folder of the files that arrive. */
  readonly incoming: string;
  readonly log: Pick<Logger, 'error'>;
  readonly makeId: () => string;
  readonly reserve: (request: RoomRequest) => Promise<RoomAnswer>;
  readonly release: (release: RoomRelease) => Promise<void>;
  /** Told when it is opened, and when it is over. */
  readonly opened: (upload: OpenUpload) => void;
  readonly closed: (uploadId: string) => void;
};

/** An upload as the store knows it while it is open. */
export type OpenUpload = {
  readonly uploadId: string;
  /** Where its file is now; null = it is the store's, or gone. */
  path: string | null;
  /** Set once all bytes are there. */
  received: ReceivedBody | null;
};

// Where nobody said how much will come, room is asked for in steps: each costs a question to the store's thread.
const STEP_BYTES = 1024 ** 2;

/**
 * Does this error mean that the disk, a quota or the largest file size is reached?
 *
 * @param error - Anything caught.
 */
function isDiskError(error: unknown): boolean {
  return isSystemError(error, 'ENOSPC', 'EDQUOT', 'EFBIG');
}

/**
 * The refusal for a write that failed. A full disk is expected; anything else is logged, since the caller is told no more than
 * `store_failed`.
 *
 * @param deps - Its log.
 * @param error - Of the file system: it names a path, never bytes.
 * @param where - Ids of the uploads.
 */
export function refuseWrite(
  { log }: Pick<UploadDeps, 'log'>,
  error: unknown,
  where: { readonly uploadIds: readonly string[] },
): QueueFull {
  if (isDiskError(error)) return DISK_FULL;
  log.error({ err: error, ...where }, 'a file that arrives cannot be written');
  return STORE_FAILED;
}

async function closeQuietly(file: FileHandle): Promise<void> {
  try {
    await file.close();
  } catch {
    // What was to be on the disk was flushed before; the rest goes anyway.
  }
}

function misuse(verb: string, reason: string): AirlockError {
  return new AirlockError('internal', `Cannot ${verb} upload: ${reason}`);
}

class FileUpload implements Upload {
  readonly #deps: UploadDeps;
  readonly #file: FileHandle;
  readonly #limit: { readonly maxBytes: number; readonly kid: KeyId; readonly items: 0 | 1 };
  readonly #hash = createHash('sha256');
  readonly #state: OpenUpload;
  #reserved: number;
  #size = 0;
  #refusal: QueueFull | null = null;
  #isOpen = true;
  #disposal: Promise<void> | null = null;

  constructor(
    deps: UploadDeps,
    opened: { readonly file: FileHandle; readonly state: OpenUpload },
    options: { readonly maxBytes: number; readonly kid: KeyId; readonly items: 0 | 1; readonly reserved: number },
  ) {
    this.#deps = deps;
    this.#file = opened.file;
    this.#state = opened.state;
    this.#limit = options;
    this.#reserved = options.reserved;
  }

  async #reserve(bytes: number): Promise<RoomAnswer> {
    const wanted = Math.min(this.#limit.maxBytes, Math.max(bytes, this.#reserved + STEP_BYTES));
    const { uploadId } = this.#state;
    const { kid, items } = this.#limit;
    const answer = await this.#deps.reserve({ uploadId, kid, items, bytes: wanted });
    if (answer.kind === 'reserved') this.#reserved = wanted;
    return answer;
  }

  /** The first failure is the one that is told, here and at `finish`. */
  #fail(error: unknown): QueueFull {
    this.#refusal ??= refuseWrite(this.#deps, error, { uploadIds: [this.#state.uploadId] });
    return this.#refusal;
  }

  async write(piece: Uint8Array): ReturnType<Upload['write']> {
    if (!this.#isOpen || this.#refusal !== null) throw misuse('write', 'it is over');
    const size = this.#size + piece.byteLength;
    const { maxBytes } = this.#limit;
    if (size > maxBytes) return { kind: 'too_large', limit: maxBytes };
    if (size > this.#reserved) {
      const answer = await this.#reserve(size);
      if (answer.kind !== 'reserved') return answer;
    }
    try {
      await writeFully(this.#file, piece);
    } catch (error) {
      return this.#fail(error);
    }
    this.#hash.update(piece);
    this.#size = size;
    return { kind: 'ok' };
  }

  async finish(): Promise<ReceivedBody | QueueFull> {
    const { path, uploadId } = this.#state;
    if (!this.#isOpen || path === null) throw misuse('finish', 'it is over');
    this.#isOpen = false;
    try {
      // What is small enough ends as a row, which has a flush of its own.
      if (this.#size > INLINE_BODY_BYTES) await this.#file.datasync();
      await this.#file.close();
    } catch (error) {
      return this.#fail(error);
    }
    const sha256 = this.#hash.digest('hex');
    this.#state.received = { kind: 'received', size: this.#size, sha256, path, uploadId };
    return this.#state.received;
  }

  async #remove(path: string): Promise<boolean> {
    try {
      await unlink(path);
      return true;
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return true;
      this.#deps.log.error({ err: error, uploadId: this.#state.uploadId }, 'a file that arrived cannot be removed');
      return false;
    }
  }

  async #dispose(): Promise<void> {
    const { uploadId, path } = this.#state;
    this.#isOpen = false;
    await closeQuietly(this.#file);
    const isGone = path === null || (await this.#remove(path));
    this.#state.path = null;
    this.#deps.closed(uploadId);
    // Order: the room is free once the bytes are gone. Where they cannot be removed it stays taken; the next start removes them.
    if (!isGone) return;
    await this.#deps.release({ uploadId, refused: this.#refusal?.reason ?? null });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }
}

/**
 * Reserve room and open a file for bytes that arrive.
 *
 * @param deps - Folder, and the thread's answers.
 * @param input - An announced size is reserved at once; without one, room is asked for as bytes come.
 */
export async function openUpload(deps: UploadDeps, input: UploadInput): Promise<UploadOutcome> {
  const { kid, size, maxBytes, isCounted = true } = input;
  if (size !== null && size > maxBytes) return { kind: 'too_large', limit: maxBytes };
  const uploadId = deps.makeId();
  const items = isCounted ? 1 : 0;
  const reserved = Math.min(maxBytes, size ?? STEP_BYTES);
  const answer = await deps.reserve({ uploadId, kid, items, bytes: reserved });
  if (answer.kind !== 'reserved') return answer;
  const path = join(deps.incoming, `${uploadId}.part`);
  try {
    const file = await open(path, 'wx', 0o600);
    const state: OpenUpload = { uploadId, path, received: null };
    deps.opened(state);
    return { kind: 'opened', upload: new FileUpload(deps, { file, state }, { maxBytes, kid, items, reserved }) };
  } catch (error) {
    const refusal = refuseWrite(deps, error, { uploadIds: [uploadId] });
    await deps.release({ uploadId, refused: refusal.reason });
    return refusal;
  }
}
