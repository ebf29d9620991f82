// Plays the client's side of a transcript to the golden server, step by step, and collects what the server says.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { toKeyId } from '../../../src/core/ids.ts';
import { startGoldenServer } from './server.ts';
import type { GoldenStores } from './stores.ts';
import {
  frameLine,
  goldenId,
  type Transcript,
  type TranscriptAct,
  type TranscriptLine,
  type TranscriptMeta,
} from './transcript.ts';

/** One step: send a frame, make the server do something, wait for frames of the server, or for its close. */
export type Step =
  /** A proof depends on what the server said before. */
  | { readonly kind: 'send'; readonly frame: Buffer | ((said: readonly TranscriptLine[]) => Buffer) }
  | { readonly kind: 'act'; readonly act: TranscriptAct }
  | { readonly kind: 'await'; readonly frames: number }
  | { readonly kind: 'close' };

/** One transcript to be recorded, or to be played again. */
export type Scenario = { readonly meta: TranscriptMeta; readonly steps: readonly Step[] };

/** Ids of version 7 that were drawn at the recorder's one moment. */
const DRAWN = /018bcfe5-6800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** Puts the golden ids where the server has drawn its own: as long as they are, so that nothing else changes. */
function makeMask(): (frame: Buffer) => Buffer {
  const seen: string[] = [];
  return (frame) => {
    const text = frame.toString('latin1').replace(DRAWN, (id) => {
      if (!seen.includes(id)) seen.push(id);
      return goldenId(seen.indexOf(id));
    });
    return Buffer.from(text, 'latin1');
  };
}

/** The head of a large result tells the hash of its bytes, and those have golden ids in them now. */
function mendHead(line: TranscriptLine, lines: readonly TranscriptLine[]): TranscriptLine {
  const head =
    line.dir === 's>c' ? (line.json as { result?: { stream?: unknown; sha256?: string } } | undefined) : undefined;
  const { stream, sha256 } = head?.result ?? {};
  if (line.dir !== 's>c' || stream === undefined || sha256 === undefined) return line;
  const hash = createHash('sha256');
  for (const chunk of lines) {
    if (chunk.dir === 's>c' && chunk.chunk?.stream === stream) hash.update(Buffer.from(chunk.hex.slice(24), 'hex'));
  }
  const text = Buffer.from(line.hex, 'hex').toString('latin1').replace(sha256, hash.digest('hex'));
  return frameLine('s>c', Buffer.from(text, 'latin1'));
}

/** Cuts what the server says into frames, and waits for them. */
class Listener {
  readonly #socket: Socket;
  readonly #frames: Buffer[] = [];
  #pending = Buffer.alloc(0);
  #isClosed = false;
  #changed = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => this.#onBytes(bytes));
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  async frame(): Promise<Buffer> {
    while (this.#frames.length === 0) {
      if (this.#isClosed) throw new Error('Cannot read a frame: the server closed the connection');
      await this.#changed.promise;
    }
    return this.#frames.shift() ?? Buffer.alloc(0);
  }

  /** Waits for the close; answers the frames that came and nobody waited for. */
  async end(): Promise<readonly Buffer[]> {
    while (!this.#isClosed) await this.#changed.promise;
    return this.#frames;
  }

  /** Frames that nobody waited for, so far. */
  get left(): readonly Buffer[] {
    return this.#frames;
  }

  close(): void {
    this.#socket.destroy();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #onBytes(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length >= 4 && this.#pending.length >= 4 + this.#pending.readUInt32BE(0)) {
      const end = 4 + this.#pending.readUInt32BE(0);
      this.#frames.push(this.#pending.subarray(0, end));
      this.#pending = this.#pending.subarray(end);
    }
    this.#wake();
  }
}

/** Play steps to a fresh server; answers the transcript as it went. */
export async function playSteps({ meta, steps }: Scenario, stores: GoldenStores): Promise<Transcript> {
  await using server = await startGoldenServer(meta, stores);
  const socket = connectSocket(server.socketPath);
  await once(socket, 'connect');
  const listener = new Listener(socket);
  const lines: TranscriptLine[] = [];
  const mask = makeMask();
  const heard = (frame: Buffer): TranscriptLine => frameLine('s>c', mask(frame));

  function act(what: TranscriptAct): void {
    lines.push({ dir: 'server', act: what });
    if (what.kind === 'time') server.pass(what.ms);
    else if (what.kind === 'drain') server.drain();
    else if (what.kind === 'revoke') server.revoke();
    else server.publish({ ...what, kid: toKeyId(meta.key.kid) });
  }

  for (const step of steps) {
    if (step.kind === 'act') act(step.act);
    else if (step.kind === 'send') {
      const frame = typeof step.frame === 'function' ? step.frame(lines) : step.frame;
      lines.push(frameLine('c>s', frame));
      socket.write(frame);
    } else if (step.kind === 'await') {
      for (let count = 0; count < step.frames; count += 1) lines.push(heard(await listener.frame()));
    } else {
      lines.push(...(await listener.end()).map(heard), { dir: 'close' });
    }
  }
  lines.push(...listener.left.map(heard));
  listener.close();
  return { meta, lines: lines.map((line) => mendHead(line, lines)) };
}

/** The steps that play a recorded transcript again. */
export function stepsOf({ lines }: Transcript): readonly Step[] {
  return lines.map((line): Step => {
    if (line.dir === 'close') return { kind: 'close' };
    if (line.dir === 'server') return { kind: 'act', act: line.act };
    return line.dir === 'c>s' ? { kind: 'send', frame: Buffer.from(line.hex, 'hex') } : { kind: 'await', frames: 1 };
  });
}
