// A small real server for tests of the client: own transport, own handshake, answers as the test says.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import type { AirlockError } from '../../src/core/errors.ts';
import { toInstanceName } from '../../src/core/ids.ts';
import { encodeJson, type FrameCaps, makeDecoder } from '../../src/link/framing.ts';
import { type ServerHandshake, stepServerHandshake } from '../../src/link/handshake.ts';
import { parseJsonBody } from '../../src/link/json-body.ts';
import {
  readMessage,
  type RpcId,
  type RpcMessage,
  writeError,
  writeNotification,
  writeResult,
} from '../../src/link/json-rpc.ts';
import { ensureKeys, makeKeyRing } from '../../src/link/keys.ts';
import { openEndpoint, type OpenEndpoint } from '../../src/link/listen-endpoint.ts';
import { toRpcError } from '../../src/link/rpc-error.ts';
import { makeNodeIpcTransport } from '../../src/link/transport.ts';
import type { Wire, WireEvents } from '../../src/link/wire.ts';
import type { AuthenticateResult } from '../../src/protocol/handshake.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** One authenticated peer, as the test sees it. */
export type TestPeer = {
  readonly wire: Wire;
  /** Send any text as one JSON frame, or several texts in one piece. */
  readonly send: (...bodies: readonly string[]) => void;
  readonly reply: (id: RpcId, result: unknown) => void;
  readonly fail: (id: RpcId | null, error: AirlockError) => void;
  readonly notify: (method: string, params: object) => void;
};

/** How a test server behaves. */
export type TestServerOptions = {
  /** Answers each message after authentication. */
  readonly onMessage?: (peer: TestPeer, message: RpcMessage) => void;
  /** Changes what `authenticate` is answered. */
  readonly session?: Partial<AuthenticateResult>;
  /** Instance and endpoint that go into the server's proofs, if not the true ones. */
  readonly proves?: { readonly instance?: string; readonly endpoint?: string };
  /** Keys that the server knows; default the keys of the home. */
  readonly knowsKeys?: boolean;
  /** Sent in the same piece as the answer to `authenticate`. */
  readonly afterAuthenticate?: readonly string[];
  /** Instead of any handshake. */
  readonly onConnect?: (peer: TestPeer) => void;
  /** A peer is gone. */
  readonly onClose?: () => void;
};

const LIMITS: AuthenticateResult['limits'] = {
  jsonFrame: 262_144,
  chunk: 65_536,
  depth: 64,
  inline: 131_072,
  callsInFlight: 32,
  streams: 8,
  subscriptions: 16,
  unsentBytes: 8_388_608,
  report: 67_108_864,
};
const CAPS: FrameCaps = { jsonBytes: LIMITS.jsonFrame, chunkBytes: null, frames: null, totalBytes: null };

function makePeer(wire: Wire): TestPeer {
  const send = (...bodies: readonly string[]): void => void wire.send(Buffer.concat(bodies.map(encodeJson)));
  return {
    wire,
    send,
    reply: (id, result) => send(writeResult(id, result)),
    fail: (id, error) => send(writeError(id, toRpcError(error))),
    notify: (method, params) => send(writeNotification(method, params)),
  };
}

/** A home with keys and a server on its endpoint. `received` holds every message in order, handshake included. */
export async function openTestServer(options: TestServerOptions = {}) {
  const folder = await makeTemporaryFolder();
  const places = {
    run: join(folder.path, 'run'),
    keys: join(folder.path, 'keys'),
    instance: toInstanceName('default'),
  };
  const endpoint = join(places.run, 'default.sock');
  const keys = await ensureKeys({ random: randomBytes, nowUnixMs: () => 0 }, places.keys);
  let ring = makeKeyRing(options.knowsKeys === false ? [] : keys);
  const received: RpcMessage[] = [];
  const handshakeDeps = {
    instance: options.proves?.instance ?? 'default',
    endpoint: options.proves?.endpoint ?? endpoint,
    findKey: (kid: string) => ring.find(kid),
    random: randomBytes,
  };

  function accept(wire: Wire): WireEvents {
    const peer = makePeer(wire);
    const decoder = makeDecoder(CAPS);
    let state: ServerHandshake | null = { kind: 'fresh' };

    function greet(message: RpcMessage, before: ServerHandshake): void {
      const step = stepServerHandshake(handshakeDeps, before, message);
      if (step.kind === 'greet') {
        state = step.next;
        peer.reply(step.id, step.result);
      } else if (step.kind === 'proved') {
        state = null;
        const session: AuthenticateResult = {
          session: 's1',
          scopes: [...step.key.scopes],
          capabilities: [],
          limits: LIMITS,
          rate: { calls: null, submit: null },
          server: { name: 'airlock', version: '0.1.0', bootId: 'boot' },
          methods: ['ping'],
          ...options.session,
        };
        peer.send(writeResult(step.id, session), ...(options.afterAuthenticate ?? []));
      } else if (step.kind === 'refuse') {
        peer.fail(step.id, step.error);
        void wire.end(1000);
      } else wire.destroy();
    }

    options.onConnect?.(peer);
    return {
      onBytes: (bytes) => {
        decoder.push(bytes);
        for (let frame = decoder.next(); frame !== null; frame = decoder.next()) {
          const body = frame.kind === 'json' ? parseJsonBody(frame.body) : null;
          if (body?.kind !== 'object') return wire.destroy();
          const message = readMessage(body.value);
          received.push(message);
          if (options.onConnect !== undefined) continue;
          if (state === null) options.onMessage?.(peer, message);
          else greet(message, state);
        }
      },
      onDrain: () => undefined,
      onClose: () => options.onClose?.(),
    };
  }

  const opened: OpenEndpoint = await openEndpoint(
    { transport: makeNodeIpcTransport({ clock: systemClock }) },
    {
      run: places.run,
      discovery: {
        endpoint,
        instance: 'default',
        pid: process.pid,
        bootId: 'boot',
        startedAt: '2026-01-02T00:00:00.000Z',
        version: '0.1.0',
      },
    },
    { maxConnections: 72, accept, onError: () => undefined },
  );
  return {
    home: folder.path,
    places,
    endpoint,
    received,
    opened,
    /** From now on no key is known. */
    forgetKeys: (): void => void (ring = makeKeyRing([])),
    options: { places, env: {}, client: { name: 'test', version: '1' } },
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
