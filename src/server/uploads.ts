// The streams that one peer sends: which call each belongs to, and what its chunks may be. Source: protocol.md 8.

import { AirlockError } from '../core/errors.ts';
import type { Chunk } from '../link/framing.ts';
import type { UploadPort } from '../protocol/handler.ts';
import { makeUsedIds } from './stream-ids.ts';
import { type IncomingStream, makeIncomingStream } from './upload-stream.ts';

/** What {@link makeUploads} needs. */
export type UploadsDeps = {
  /** Tell the peer that it may send so many bytes more. */
  readonly grant: (stream: number, bytes: number) => void;
};

/** How a call hears of its streams. */
export type CallStreamEvents = {
  /** The peer broke one of them off. */
  readonly onAbort: () => void;
  /** So many bytes of payload came. */
  readonly onBytes: (bytes: number) => void;
};

/** The streams of one call. */
export type CallUploads = {
  readonly port: UploadPort;
  /** The call is answered or stopped: whoever still reads is told why, and what still comes is dropped. */
  readonly end: (toReason: () => unknown) => void;
};

/** The streams of one connection. */
export type Uploads = {
  /** Calls that have streams now. */
  readonly size: () => number;
  /** Of a call that names no stream, as most do. */
  readonly none: CallUploads;
  /**
   * Take in the streams that a call names; from here on the peer may end or break them off.
   *
   * @param ids - As the params name them; what may not be used is refused when it is opened.
   */
  readonly forCall: (ids: readonly number[], events: CallStreamEvents) => CallUploads;
  /** The call that names them was refused: they are over before they began. */
  readonly refuse: (ids: readonly number[]) => void;
  /**
   * Take a chunk in.
   *
   * @returns Why the connection cannot go on, or null.
   */
  readonly receive: (chunk: Chunk) => string | null;
};

type Held = { readonly incoming: IncomingStream; readonly events: CallStreamEvents };

const noStream = (id: number, reason: string): AirlockError =>
  new AirlockError('invalid_params', `Cannot take stream ${id}: ${reason}`, {
    data: { details: [{ path: ['stream'], code: 'bad_stream', message: reason }] },
  });

const UNUSABLE = 'it must be odd, at most 4294967295, and not used before on this connection';

/** Each of these streams may be taken once. */
function makePort(streams: ReadonlyMap<number, IncomingStream>): UploadPort {
  const untaken = new Map(streams);
  return {
    open: (id) => {
      const incoming = untaken.get(id);
      if (incoming === undefined) throw noStream(id, UNUSABLE);
      untaken.delete(id);
      return incoming.stream;
    },
  };
}

/** The port of a peer that did not name `streams`. */
const noUploads: UploadPort = {
  open: (id) => {
    throw noStream(id, 'this connection did not agree on streams');
  },
};

const NO_STREAMS: CallUploads = { port: makePort(new Map()), end: () => undefined };

const NO_UPLOAD: CallUploads = { port: noUploads, end: () => undefined };

/** A peer that may not send streams: every chunk is a fault of its framing already. */
export const NO_UPLOADS: Uploads = {
  size: () => 0,
  none: NO_UPLOAD,
  forCall: () => NO_UPLOAD,
  refuse: () => undefined,
  receive: () => 'streams were not agreed upon',
};

/** Make the uploads of a connection that agreed on streams. */
export function makeUploads({ grant }: UploadsDeps): Uploads {
  const used = makeUsedIds();
  const open = new Map<number, Held>();
  let calls = 0;

  function forCall(ids: readonly number[], events: CallStreamEvents): CallUploads {
    const own = new Map<number, IncomingStream>();
    for (const id of ids) {
      if (!used.use(id)) continue;
      const incoming = makeIncomingStream((bytes) => grant(id, bytes));
      own.set(id, incoming);
      open.set(id, { incoming, events });
    }
    if (own.size === 0) return NO_STREAMS;
    calls += 1;
    let isOver = false;
    return {
      port: makePort(own),
      end: (toReason) => {
        if (isOver) return;
        isOver = true;
        calls -= 1;
        const reason = toReason();
        for (const [id, incoming] of own) {
          open.delete(id);
          incoming.fail(reason);
        }
      },
    };
  }

  function receive(chunk: Chunk): string | null {
    const held = open.get(chunk.streamId);
    // It was on its way when its stream ended.
    if (held === undefined) return used.has(chunk.streamId) ? null : 'a chunk of a stream that was never opened';
    // All of it is here, so there is nothing left to break off either. Who wants to stop the call cancels it.
    if (!held.incoming.isOpen()) return null;
    if (chunk.mark === 'abort') {
      held.events.onAbort();
      return null;
    }
    if (!held.incoming.receive(chunk)) return 'a stream sent more than its credit';
    held.events.onBytes(chunk.payload.length);
    return null;
  }

  return {
    size: () => calls,
    none: NO_STREAMS,
    forCall,
    receive,
    refuse: (ids) => {
      for (const id of ids) used.use(id);
    },
  };
}
