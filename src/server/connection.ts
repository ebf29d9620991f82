// One connection from accept to close: bytes to frames to messages, the limits on both ways, and the way out.
//
//   gate ──proved──► session ───────────────► closing ──► (closed)
//     └──refused, fault, deadline, evicted──────►┘

import { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type Chunk, type Decoder, type Frame, makeDecoder, PRE_AUTH_CAPS } from '../link/framing.ts';
import type { IpcKey } from '../link/handshake.ts';
import { parseJsonBody } from '../link/json-body.ts';
import { readMessage, type RpcId, writeError, writeNotification, writeResult } from '../link/json-rpc.ts';
import { toRpcError } from '../link/rpc-error.ts';
import type { Wire, WireEvents } from '../link/wire.ts';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import { type ConnectionDeps, FLUSH_MS } from './deps.ts';
import { type FrameTimer, makeFrameTimer } from './frame-timer.ts';
import { type Gate, makeGate, type ProvedPeer } from './gate.ts';
import { makeOutbox, type Outbox } from './outbox.ts';
import { Session } from './session.ts';
import { makeWelcome } from './welcome.ts';
import { makeWorkTurn, type WorkTurn } from './work-turn.ts';

/** The one who counts connections. */
export type ConnectionHost = {
  /** The peer has said a proper `hello`: it is no silent one. */
  readonly greeted: () => void;
  /** Take a place for a proved key. @throws {AirlockError} too_many_connections when there is none. */
  readonly place: (key: IpcKey) => void;
  /** The socket is closed. Exactly once. */
  readonly gone: () => void;
};

type Phase =
  | { readonly kind: 'gate'; readonly gate: Gate }
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'closing' };

const SESSION_ID_BYTES = 12;

/** One connection. It owns its wire and closes it; the wire's end is told to the host. */
export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #wire: Wire;
  readonly #host: ConnectionHost;
  readonly #decoder: Decoder = makeDecoder(PRE_AUTH_CAPS);
  readonly #frameTimer: FrameTimer;
  readonly #outbox: Outbox;
  readonly #turn: WorkTurn;
  #log: Logger;
  #phase: Phase;
  /** Others have their turn: what came is kept until then. */
  #isWaiting = false;

  constructor(deps: ConnectionDeps, wire: Wire, host: ConnectionHost) {
    const { clock, config } = deps;
    this.#deps = deps;
    this.#wire = wire;
    this.#host = host;
    this.#log = deps.log.child({ connection: wire.id });
    this.#turn = makeWorkTurn(clock);
    this.#frameTimer = makeFrameTimer(
      { clock, onTimeout: () => this.destroy('a frame took too long') },
      { timeoutMs: config.frameTimeout },
    );
    this.#outbox = makeOutbox(
      wire,
      { pauseBytes: config.unsent.pause, closeBytes: config.unsent.close },
      {
        onPause: () => this.#frameTimer.hold(),
        onResume: () => this.#frameTimer.release(),
        onOverflow: () => this.#dropSlowConsumer(),
      },
    );
    const gate = makeGate(deps, this.#log, {
      send: this.#outbox.send,
      greeted: () => this.#host.greeted(),
      refuse: (id, error) => this.#refuse(id, error),
      cut: (reason) => this.destroy(reason),
      admit: (peer) => this.#admit(peer),
    });
    this.#phase = { kind: 'gate', gate };
  }

  /** What the transport has to tell about the wire. */
  get events(): WireEvents {
    return {
      onBytes: (bytes) => this.#onBytes(bytes),
      onDrain: () => this.#onDrain(),
      onClose: (error) => this.#onClose(error),
    };
  }

  /** The session; null until authenticated, and again once the connection is closing. */
  get session(): Session | null {
    return this.#phase.kind === 'session' ? this.#phase.session : null;
  }

  /** Say that the daemon goes. A peer that has not proved its key is told nothing and closed; one that is closing is left to it. */
  goaway(params: unknown): void {
    if (this.#phase.kind === 'gate') this.destroy('the daemon goes');
    if (this.#phase.kind === 'session') this.#outbox.send(writeNotification('$/goaway', params));
  }

  /** Bytes that were said to the peer and have not left this process. */
  unsentBytes(): number {
    return this.#wire.unsentBytes();
  }

  /** Let what was said leave, then close. Resolves when the peer is gone, at the latest after `graceMs`. */
  end(graceMs: number): Promise<void> {
    this.#leave();
    return this.#wire.end(graceMs);
  }

  /**
   * Close now, without a word.
   *
   * @param reason - For the log.
   */
  destroy(reason: string): void {
    if (this.#phase.kind !== 'closing') this.#log.debug({ reason }, 'connection is cut');
    this.#leave();
    this.#wire.destroy();
  }

  /** From here on nothing is read, no call runs and no timer ticks; the wire still has to be closed. */
  #leave(): void {
    const phase = this.#phase;
    this.#phase = { kind: 'closing' };
    this.#frameTimer[Symbol.dispose]();
    if (phase.kind === 'gate') phase.gate[Symbol.dispose]();
    if (phase.kind === 'session') phase.session[Symbol.dispose]();
  }

  #onBytes(bytes: Buffer): void {
    this.#decoder.push(bytes);
    if (!this.#isWaiting) this.#work();
  }

  #work(): void {
    try {
      this.#workOn();
    } catch (err) {
      // A bug. Thrown on, it would end the process, or be taken for a reset of the peer.
      this.#log.error({ err }, 'connection is cut: what came could not be handled');
      this.destroy('a bug');
    }
  }

  #workOn(): void {
    let frames = 0;
    this.#turn.begin();
    // Order: looked at after each frame, so that the slowest machine handles one in each turn.
    for (let hasWorked = false; this.#phase.kind !== 'closing'; hasWorked = true) {
      if (hasWorked && this.#turn.isOver()) return this.#letOthers(frames);
      const frame = this.#decoder.next();
      if (frame === null) {
        this.#turn.end();
        return this.#frameTimer.update(this.#decoder.isMidFrame(), frames);
      }
      if (frame.kind !== 'chunk' || frame.isLast) frames += 1;
      this.#receive(frame);
    }
  }

  /** Read nothing more from this peer until every other had a chance to be heard, then go on with what is there. */
  #letOthers(frames: number): void {
    this.#frameTimer.update(this.#decoder.isMidFrame(), frames);
    this.#isWaiting = true;
    this.#wire.pause();
    setImmediate(() => {
      this.#isWaiting = false;
      if (this.#phase.kind === 'closing') return;
      if (this.#outbox.isFlowing()) this.#wire.resume();
      this.#turn.renew();
      this.#work();
    });
  }

  #receive(frame: Frame): void {
    if (frame.kind === 'fault') return this.destroy(frame.message);
    const phase = this.#phase;
    if (frame.kind === 'chunk') return this.#receiveChunk(frame.chunk);
    const body = parseJsonBody(frame.body);
    if (phase.kind === 'gate') {
      return body.kind === 'fault' ? this.destroy(body.message) : phase.gate.receive(readMessage(body.value));
    }
    if (body.kind === 'fault') return this.#refuse(null, new AirlockError('parse_error', body.message));
    if (phase.kind === 'session') phase.session.receive(readMessage(body.value));
  }

  #receiveChunk(chunk: Chunk): void {
    const wrong = this.session === null ? 'a chunk before authentication' : this.session.receiveChunk(chunk);
    if (wrong !== null) this.destroy(wrong);
  }

  #onDrain(): void {
    this.#outbox.drained();
    this.session?.drained();
  }

  #admit({ id, key, capabilities }: ProvedPeer): void {
    try {
      this.#host.place(key);
    } catch (error) {
      if (error instanceof AirlockError) return this.#refuse(id, error);
      throw error;
    }
    if (this.#phase.kind === 'gate') this.#phase.gate[Symbol.dispose]();
    const deps = this.#deps;
    const hasStreams = capabilities.includes('streams');
    const chunkBytes = hasStreams ? WIRE_LIMITS.chunkBytes : null;
    this.#decoder.setCaps({ jsonBytes: deps.config.jsonFrame, chunkBytes, frames: null, totalBytes: null });
    const session = deps.random(SESSION_ID_BYTES).toString('base64url');
    this.#log = this.#log.child({ session, kid: key.kid });
    const caller = { kid: key.kid, scopes: key.scopes };
    this.#phase = {
      kind: 'session',
      session: new Session(
        { ...deps, log: this.#log },
        { session, caller, hasStreams, outbox: this.#outbox, close: (reason) => this.#dismiss(reason) },
      ),
    };
    this.#log.debug({}, 'connection is authenticated');
    this.#outbox.send(writeResult(id, makeWelcome(deps, { key, session, capabilities })));
  }

  #refuse(id: RpcId | null, error: AirlockError): void {
    if (this.#phase.kind === 'closing') return;
    this.#log.debug({ code: error.code }, 'connection is refused');
    this.#outbox.send(writeError(id, toRpcError(error)));
    void this.end(FLUSH_MS);
  }

  /** Let what was said leave, then close. */
  #dismiss(reason: string): void {
    this.#log.warn({ reason }, 'connection is closed');
    void this.end(FLUSH_MS);
  }

  #dropSlowConsumer(): void {
    this.#log.warn({ unsentBytes: this.#wire.unsentBytes() }, 'connection is closed: the peer does not read');
    void this.end(FLUSH_MS);
  }

  #onClose(error: Error | null): void {
    if (error !== null) this.#log.debug({ err: error }, 'connection broke');
    this.#leave();
    this.#host.gone();
  }
}
