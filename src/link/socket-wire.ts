// One connected net.Socket as a Wire: the same rules for both transports.

import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import type { Wire, WireEvents } from './wire.ts';

/** A wire, and the way its transport hands it what came. */
export type SocketWire = {
  readonly wire: Wire;
  /** Name the owner's events. Once, before any byte can come. */
  readonly attach: (events: WireEvents) => void;
  readonly deliver: (bytes: Buffer) => void;
};

/** What {@link makeSocketWire} needs. */
export type SocketWireDeps = {
  readonly clock: Clock;
  /** Unique in the process. */
  readonly id: number;
  /** How this transport writes; returns false when the peer does not keep up. */
  readonly write: (bytes: Buffer) => boolean;
};

const ignored: WireEvents = { onBytes: () => undefined, onDrain: () => undefined, onClose: () => undefined };

const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error('Cannot handle event: a listener threw no error', { cause: thrown });

const toBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What is sent in one turn leaves together at its end, in one system call: the peer wakes once, and finds all of it. */
function makeSend(write: SocketWireDeps['write'], socket: Socket): Wire['send'] {
  const flush = (): void => socket.uncork();
  return (bytes, rest) => {
    if (!socket.writable) return false;
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(flush);
    }
    const isFirstFlowing = write(toBuffer(bytes));
    const isFlowing = rest === undefined ? isFirstFlowing : write(toBuffer(rest));
    // Enough has come together; and when the peer is behind, the system shall know of every byte.
    if (!isFlowing) flush();
    return isFlowing;
  };
}

/**
 * Make the wire of a connected socket.
 *
 * @param socket - Connected; the wire owns it from here.
 */
export function makeSocketWire({ clock, id, write }: SocketWireDeps, socket: Socket): SocketWire {
  const closed = Promise.withResolvers<void>();
  let events = ignored;
  let failure: Error | null = null;
  let isEnding = false;

  function guarded(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      failure ??= toError(thrown);
      socket.destroy();
    }
  }

  socket.on('error', (error) => {
    failure ??= error;
  });
  socket.on('drain', () => guarded(() => events.onDrain()));
  socket.once('close', () => {
    const { onClose } = events;
    events = ignored;
    guarded(() => onClose(failure));
    closed.resolve();
  });

  async function end(graceMs: number): Promise<void> {
    isEnding = true;
    // Order: go on reading (and dropping), else the peer's own end is never seen and the grace always runs out.
    socket.resume();
    socket.end();
    using _limit = clock.after(graceMs, () => socket.destroy());
    await closed.promise;
  }

  function destroy(): void {
    // Order: what was sent before is not lost by having waited for the end of the turn.
    socket.uncork();
    socket.destroy();
  }

  const wire: Wire = {
    id,
    send: makeSend(write, socket),
    unsentBytes: () => socket.writableLength,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: (graceMs) => (socket.closed ? closed.promise : end(graceMs)),
    destroy,
  };
  return {
    wire,
    attach: (owner) => {
      events = owner;
    },
    deliver: (bytes) => {
      if (!isEnding && !socket.destroyed) guarded(() => events.onBytes(bytes));
    },
  };
}
