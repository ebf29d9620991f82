// The same work for every peer: one message there and back, alone or sixteen in flight.

import type { Socket } from 'node:net';
import { median } from './support.ts';

/** One message there and back. */
export type Echo = () => Promise<unknown>;

const PINGS = 3000;
const CALLS = 10_000;
const IN_FLIGHT = 16;

/** A text of 1 KiB. */
export const KIB_TEXT = 'x'.repeat(1024);

/** Bytes with their length in front. */
export function frameOf(body: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

/** The limit: node:net with length-prefixed opaque bytes. Answers come in the order of the questions: a list of who waits is enough. */
export function makeRawEcho(socket: Socket): (body: Buffer) => Promise<unknown> {
  const waiting: (() => void)[] = [];
  let pending = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE(0)) {
      pending = pending.subarray(4 + pending.readUInt32BE(0));
      waiting.shift()?.();
    }
  });
  return (body) =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      socket.write(frameOf(body));
    });
}

/** Median time there and back, in µs, one at a time. */
export async function latencyUs(echo: Echo): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < PINGS; index += 1) {
    const started = performance.now();
    await echo();
    times.push((performance.now() - started) * 1000);
  }
  return median(times);
}

/** Messages a second, 16 in flight. */
export async function perSecond(echo: Echo): Promise<number> {
  let next = 0;
  const started = performance.now();
  const lane = async (): Promise<void> => {
    while (next < CALLS) {
      next += 1;
      await echo();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return (CALLS * 1000) / (performance.now() - started);
}
