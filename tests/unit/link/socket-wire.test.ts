import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { makeSocketWire } from '../../../src/link/socket-wire.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

type Done = (error?: Error | null) => void;

/** A socket that keeps what each write hands to the system, and the wire on it. */
function open() {
  const writes: string[] = [];
  const socket = Object.assign(new Socket(), {
    _write: (chunk: Buffer, _encoding: string, done: Done) => {
      writes.push(chunk.toString());
      done();
    },
    _writev: (pieces: readonly { readonly chunk: Buffer }[], done: Done) => {
      writes.push(pieces.map(({ chunk }) => chunk.toString()).join(''));
      done();
    },
  });
  const write = (bytes: Buffer): boolean => socket.write(bytes);
  const { wire } = makeSocketWire({ clock: makeManualClock(), id: 1, write }, socket);
  return { wire, writes, socket, [Symbol.dispose]: () => void socket.destroy() };
}

describe('makeSocketWire()', () => {
  it('sends what comes in one turn together at its end', async () => {
    using opened = open();
    for (const text of ['a', 'b', 'c']) opened.wire.send(Buffer.from(text));
    const atOnce = [...opened.writes];

    await nextTurn();

    expect([atOnce, opened.writes]).toEqual([[], ['abc']]);
  });

  it('counts what waits for the end of the turn as unsent', async () => {
    using opened = open();
    for (const text of ['a', 'bcd']) opened.wire.send(Buffer.from(text));
    const waiting = opened.wire.unsentBytes();

    await nextTurn();

    expect([waiting, opened.wire.unsentBytes()]).toEqual([4, 0]);
  });

  it('waits no longer once the wire says that enough waits', () => {
    using opened = open();
    const large = Buffer.alloc(opened.socket.writableHighWaterMark, 'x');

    const said = [opened.wire.send(Buffer.from('a')), opened.wire.send(large)];

    expect([said, opened.writes.map((text) => text.length)]).toEqual([[true, false], [1 + large.length]]);
  });

  it('lets what was sent in this turn leave before it closes', () => {
    using opened = open();
    for (const text of ['a', 'b']) opened.wire.send(Buffer.from(text));

    opened.wire.destroy();

    expect(opened.writes).toEqual(['ab']);
  });
});
