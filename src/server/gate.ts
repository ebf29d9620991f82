// The way in: hello, authenticate, and everything else refused, before a deadline.

import { assertNever } from '../core/assert-never.ts';
import type { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type ServerHandshake, type ServerHandshakeStep, stepServerHandshake } from '../link/handshake.ts';
import { type RpcId, type RpcMessage, writeResult } from '../link/json-rpc.ts';
import type { ConnectionDeps } from './deps.ts';

/** A peer that proved its key, and the call that has to be answered. */
export type ProvedPeer = Extract<ServerHandshakeStep, { kind: 'proved' }>;

/** What the gate tells its connection. */
export type GateEvents = {
  readonly send: (body: string) => void;
  /** The peer has said a proper `hello`. */
  readonly greeted: () => void;
  /** Answer with this failure, then close. */
  readonly refuse: (id: RpcId | null, error: AirlockError) => void;
  /** Close without a word. */
  readonly cut: (reason: string) => void;
  readonly admit: (peer: ProvedPeer) => void;
};

/** The gate of one connection. Disposal stops its deadline. */
export type Gate = Disposable & { readonly receive: (message: RpcMessage) => void };

/**
 * Make the gate of one connection; its deadline begins now.
 *
 * @param deps - What all connections share.
 * @param log - Logger of the connection.
 * @param events - What the gate tells its connection.
 */
export function makeGate(deps: ConnectionDeps, log: Logger, events: GateEvents): Gate {
  const { clock, config, instance, endpoint, random, keys } = deps;
  const handshakeDeps = { instance, endpoint, random, findKey: keys.find };
  let handshake: ServerHandshake = { kind: 'fresh' };
  let timer = clock.after(config.preAuth.timeout, () => events.cut('not authenticated in time'));

  function refuseProof({ id, error }: Extract<ServerHandshakeStep, { kind: 'refuse' }>): void {
    const delayMs = deps.chargeFailedProof();
    if (delayMs > 0) {
      // The end is decided: the delay takes the deadline's place, and the seat may still be taken away meanwhile.
      timer[Symbol.dispose]();
      timer = clock.after(delayMs, () => events.refuse(id, error));
      return;
    }
    // Only those within the bucket are logged, so that nobody can fill the log.
    log.warn({}, 'a proof did not match');
    events.refuse(id, error);
  }

  function receive(message: RpcMessage): void {
    const step = stepServerHandshake(handshakeDeps, handshake, message);
    switch (step.kind) {
      case 'greet':
        handshake = step.next;
        events.greeted();
        return events.send(writeResult(step.id, step.result));
      case 'proved':
        return events.admit(step);
      case 'refuse':
        return step.isFailedProof ? refuseProof(step) : events.refuse(step.id, step.error);
      case 'close':
        return events.cut(step.reason);
      default:
        return assertNever(step);
    }
  }

  return { receive, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
