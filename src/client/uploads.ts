// Streams that this side sends: numbered, cut into chunks, never more than the server asked for. Source: protocol.md 8.

import type { Chunk } from '../link/framing.ts';
import { renumberStreams } from '../protocol/stream-names.ts';

/** Sources by the number that the params of a call name. */
export type UploadSources = ReadonlyMap<number, AsyncIterable<Uint8Array>>;

/** The streams of one call. Disposal: the call is over, nothing more is sent or read. */
export type CallUpload = Disposable & {
  /** Params that name the connection's own numbers. */
  readonly params: object;
  /** Resolves with the error of a source that threw; its stream was broken off, which ends the call. */
  readonly failed: Promise<{ readonly error: unknown }>;
};

/** The streams of one connection. */
export type Uploads = {
  /**
   * Number the streams of a call.
   *
   * A source is not touched before the server grants its first credit, so a call that was refused may be sent again with it.
   */
  readonly begin: (params: object, sources: UploadSources) => CallUpload;
  /** Params of `$/credit`; what fits no stream is ignored, it may have been on its way. */
  readonly credit: (stream: unknown, bytes: unknown) => void;
  /** Everything that was sent has left this process: go on. */
  readonly drained: () => void;
};

const MAX_REASON_CHARS = 200;

type Sender = {
  readonly credit: (bytes: number) => void;
  readonly wake: () => void;
  readonly stop: () => void;
};
type SenderDeps = {
  readonly chunkBytes: () => number;
  readonly send: (chunk: Omit<Chunk, 'streamId'>) => void;
  /** May more be sent now? When not, the sender is woken once it may. */
  readonly isFlowing: () => boolean;
  readonly onError: (error: unknown) => void;
};

const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Sends one source as credit comes. */
function makeSender({ chunkBytes, send, isFlowing, onError }: SenderDeps, source: AsyncIterable<Uint8Array>): Sender {
  let creditBytes = 0;
  let state: 'fresh' | 'sending' | 'over' = 'fresh';
  let changed = Promise.withResolvers<void>();

  function wake(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  const isOver = (): boolean => state === 'over';

  async function sendPiece(piece: Buffer): Promise<void> {
    for (let offset = 0; offset < piece.length && !isOver(); ) {
      if (creditBytes === 0 || !isFlowing()) {
        await changed.promise;
        continue;
      }
      const payload = piece.subarray(offset, offset + Math.min(chunkBytes(), creditBytes));
      creditBytes -= payload.length;
      offset += payload.length;
      send({ mark: 'none', payload });
    }
  }

  async function run(): Promise<void> {
    try {
      for await (const piece of source) {
        await sendPiece(toBuffer(piece));
        if (isOver()) return;
      }
      if (!isOver()) send({ mark: 'end', payload: Buffer.alloc(0) });
    } catch (error) {
      if (isOver()) return;
      send({ mark: 'abort', payload: Buffer.from('the source failed'.slice(0, MAX_REASON_CHARS)) });
      onError(error);
    } finally {
      state = 'over';
    }
  }

  return {
    credit: (bytes) => {
      creditBytes += bytes;
      wake();
      if (state !== 'fresh') return;
      state = 'sending';
      void run();
    },
    wake,
    stop: () => {
      state = 'over';
      wake();
    },
  };
}

/** What {@link makeUploads} needs. */
export type UploadsDeps = {
  /**
   * Sends one chunk. Returns false when so much waits to leave that nothing more is to come before `drained`, whatever the server has
   * asked for.
   */
  readonly send: (chunk: Chunk) => boolean;
  /** Largest payload that the server takes, at least 1: not copied, a large chunk costs no more than a small one. */
  readonly chunkBytes: () => number;
};

/** Make the uploads of one connection. */
export function makeUploads({ send, chunkBytes }: UploadsDeps): Uploads {
  const senders = new Map<number, Sender>();
  let nextId = 1;
  let isFlowing = true;

  function begin(params: object, sources: UploadSources): CallUpload {
    const failed = Promise.withResolvers<{ readonly error: unknown }>();
    const numbers = new Map<number, number>();
    for (const [number, source] of sources) {
      const id = nextId;
      nextId += 2;
      numbers.set(number, id);
      const deps = {
        chunkBytes,
        send: (chunk: Omit<Chunk, 'streamId'>) => void (isFlowing = send({ ...chunk, streamId: id })),
        isFlowing: () => isFlowing,
        onError: (error: unknown) => failed.resolve({ error }),
      };
      senders.set(id, makeSender(deps, source));
    }
    return {
      params: renumberStreams({ ...params }, (number) => numbers.get(number) ?? number),
      failed: failed.promise,
      [Symbol.dispose]: () => {
        for (const id of numbers.values()) {
          senders.get(id)?.stop();
          senders.delete(id);
        }
      },
    };
  }

  return {
    begin,
    credit: (stream, bytes) => {
      if (typeof stream !== 'number' || typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 1) return;
      senders.get(stream)?.credit(bytes);
    },
    drained: () => {
      isFlowing = true;
      for (const { wake } of senders.values()) wake();
    },
  };
}
