// What is said to one peer, and what happens when it does not read: first it is not heard, then it is let go.

import { type Chunk, encodeJson } from '../link/framing.ts';
import { writeNotification } from '../link/json-rpc.ts';
import { sendChunk } from '../link/send-chunk.ts';
import type { Wire } from '../link/wire.ts';

/** Bytes that wait in this process for one peer. Source: protocol.md 4. */
export type OutboxLimits = {
  /** From here on what can be told later is. Nothing is read from a peer as soon as the wire says that it does not keep up. */
  readonly pauseBytes: number;
  /** Over this the peer is closed as a slow consumer. */
  readonly closeBytes: number;
};

/** What the owner is told. */
export type OutboxEvents = {
  readonly onPause: () => void;
  readonly onResume: () => void;
  /** The peer does not read. The last word was said; close it. Once. */
  readonly onOverflow: () => void;
};

/** The way out to one peer. */
export type Outbox = {
  /** Send one message. Dropped after an overflow: the peer is on its way out. */
  readonly send: (body: string) => void;
  /** Send one chunk, as `send` does. */
  readonly sendChunk: (chunk: Chunk) => void;
  /** Does the wire take what is sent? Bulk that can wait goes only then. */
  readonly isFlowing: () => boolean;
  /** Do so many bytes wait that what can be told later should be? */
  readonly isBehind: () => boolean;
  /** The wire is empty again. */
  readonly drained: () => void;
};

/**
 * Make the outbox of one peer.
 *
 * @param wire - Its wire.
 * @param limits - pauseBytes < closeBytes.
 * @param events - What the owner is told.
 */
export function makeOutbox(
  wire: Pick<Wire, 'send' | 'unsentBytes' | 'pause' | 'resume'>,
  limits: OutboxLimits,
  events: OutboxEvents,
): Outbox {
  let state: 'flowing' | 'paused' | 'overflowed' = 'flowing';

  function pause(): void {
    state = 'paused';
    wire.pause();
    events.onPause();
  }

  function overflow(): void {
    state = 'overflowed';
    wire.send(encodeJson(writeNotification('$/goaway', { reason: 'slow_consumer' })));
    events.onOverflow();
  }

  function watch(isFlowing: boolean): void {
    // Below its own mark the wire gathers what is said in one turn: that is not unread, and no drain would follow a pause.
    if (isFlowing) return;
    if (wire.unsentBytes() > limits.closeBytes) return overflow();
    if (state === 'flowing') pause();
  }

  return {
    send: (body) => {
      if (state !== 'overflowed') watch(wire.send(encodeJson(body)));
    },
    sendChunk: (chunk) => {
      if (state !== 'overflowed') watch(sendChunk(wire, chunk));
    },
    isFlowing: () => state === 'flowing',
    isBehind: () => state !== 'flowing' && wire.unsentBytes() >= limits.pauseBytes,
    drained: () => {
      if (state !== 'paused') return;
      state = 'flowing';
      wire.resume();
      events.onResume();
    },
  };
}
