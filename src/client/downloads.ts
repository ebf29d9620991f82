// Results that come as a stream: asked for by credit, joined, checked against size and hash. Source: protocol.md 8.

import { createHash } from 'node:crypto';
import { AirlockError } from '../core/errors.ts';
import type { Chunk } from '../link/framing.ts';
import { isJsonObject } from '../link/json-body.ts';

/** The head of a result that comes as a stream. */
export type DownloadHeader = { readonly stream: number; readonly bytes: number; readonly sha256: string };

/** The results on their way on one connection. */
export type Downloads = {
  /**
   * Ask for a result and wait for it. Call it before any later message is read: it may be broken off right behind its head.
   *
   * @throws {AirlockError} too_large; unavailable when it was broken off, is not what was announced, or has the number of another.
   */
  readonly receive: (header: DownloadHeader) => Promise<Buffer>;
  /** Nobody waits for this one any more; what still comes of it is dropped. */
  readonly skip: (header: DownloadHeader) => void;
  /** The one who waits has given up; what still comes is dropped. */
  readonly forget: (stream: number, reason: unknown) => void;
  /**
   * Take a chunk in.
   *
   * @returns Why the connection cannot go on, or null.
   */
  readonly chunk: (chunk: Chunk) => string | null;
  /** The connection is gone. */
  readonly failAll: (reason: unknown) => void;
};

type Download = {
  readonly header: DownloadHeader;
  /** Room for all of it from the start: kept one by one, small pieces would cost a hundred times their size. */
  readonly body: Buffer;
  readonly done: PromiseWithResolvers<Buffer>;
  received: number;
  credit: number;
};

const WINDOW_BYTES = 1024 * 1024;

/** Largest result that this side joins in memory, in bytes. Source: own choice, above any limit on a report. */
export const MAX_RESULT_BYTES = 256 * 1024 * 1024;

/**
 * Is this result the head of a stream?
 *
 * @param result - Result of a method with `largeResult`.
 */
export function isDownloadHeader(result: unknown): result is DownloadHeader {
  if (!isJsonObject(result) || Object.keys(result).length !== 3) return false;
  const { stream, bytes, sha256 } = result;
  return Number.isSafeInteger(stream) && Number.isSafeInteger(bytes) && typeof sha256 === 'string';
}

const broken = (reason: string): AirlockError =>
  new AirlockError('unavailable', `Cannot read the answer: ${reason}`, { data: { reason: 'broken_stream' } });

function tooLarge(bytes: number): AirlockError {
  const message = `Cannot read the answer: it has ${bytes} bytes, at most ${MAX_RESULT_BYTES} are taken`;
  return new AirlockError('too_large', message, { data: { limit: MAX_RESULT_BYTES } });
}

/**
 * The result that a stream carried.
 *
 * @param body - As it came.
 * @throws {AirlockError} internal when it is not JSON.
 */
export function parseResult(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new AirlockError('internal', 'Cannot read the answer: it is not JSON', { cause });
  }
}

/** The whole result, if it is what was announced. */
function join({ header, body, received }: Download): Buffer {
  if (received !== header.bytes) throw broken(`${received} bytes came, ${header.bytes} were announced`);
  const sha256 = createHash('sha256').update(body).digest('hex');
  if (sha256 !== header.sha256) throw broken('its bytes have another SHA-256');
  return body;
}

/** Why a result cannot be taken, or null. */
function refusalOf({ stream, bytes }: DownloadHeader, lastId: number): AirlockError | null {
  // A number that is open already would take the bytes of another call, whose caller would wait for ever.
  if (stream <= lastId || stream % 2 !== 0 || bytes < 0) return broken('its head is malformed');
  return bytes > MAX_RESULT_BYTES ? tooLarge(bytes) : null;
}

/**
 * Make the downloads of one connection.
 *
 * @param grant - Tell the server that it may send so many bytes more.
 */
export function makeDownloads(grant: (stream: number, bytes: number) => void): Downloads {
  const open = new Map<number, Download>();
  // Even numbers go up: one that is lower or the same was open before.
  let lastId = 0;

  function ask(download: Download): void {
    const rest = download.header.bytes - download.received - download.credit;
    const bytes = Math.min(rest, WINDOW_BYTES - download.credit);
    if (bytes <= 0 || download.credit > WINDOW_BYTES / 2) return;
    download.credit += bytes;
    grant(download.header.stream, bytes);
  }

  function end(download: Download): void {
    open.delete(download.header.stream);
    try {
      download.done.resolve(join(download));
    } catch (error) {
      download.done.reject(error);
    }
  }

  function chunk({ streamId, mark, payload }: Chunk): string | null {
    const download = open.get(streamId);
    if (download === undefined) {
      return streamId % 2 === 0 && streamId <= lastId ? null : 'a chunk of a stream that was never opened';
    }
    if (mark === 'abort') {
      open.delete(streamId);
      download.done.reject(broken(`the server broke it off, ${payload.toString('utf8').slice(0, 200)}`));
      return null;
    }
    if (payload.length > download.credit) return 'a stream sent more than its credit';
    download.credit -= payload.length;
    // Invariant: credit is never granted for more than was announced.
    download.received += payload.copy(download.body, download.received);
    if (mark === 'end') end(download);
    else ask(download);
    return null;
  }

  return {
    skip: ({ stream }) => void (lastId = Math.max(lastId, stream)),
    receive: (header) => {
      const { stream, bytes } = header;
      const refusal = refusalOf(header, lastId);
      lastId = Math.max(lastId, stream);
      if (refusal !== null) return Promise.reject(refusal);
      const body = Buffer.allocUnsafe(bytes);
      const download = { header, body, done: Promise.withResolvers<Buffer>(), received: 0, credit: 0 };
      open.set(stream, download);
      ask(download);
      return download.done.promise;
    },
    chunk,
    forget: (stream, reason) => {
      open.get(stream)?.done.reject(reason);
      open.delete(stream);
    },
    failAll: (reason) => {
      for (const { done } of open.values()) done.reject(reason);
      open.clear();
    },
  };
}
