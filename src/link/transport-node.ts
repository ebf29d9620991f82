// The spare transport on bare node:net, behind the same type and under the same contract test. Source: protocol.md 0 (3).

import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import { waitForConnect } from './connect-outcome.ts';
import { type PipeAccess, pipeAccess } from './endpoint-name.ts';
import { withPrivateUmask } from './private-birth.ts';
import { makeSocketWire, type SocketWire } from './socket-wire.ts';
import type { Listener, ListenOptions, Transport } from './wire.ts';

type Deps = { readonly clock: Clock; readonly nextId: () => number };

function makeWire({ clock, nextId }: Deps, socket: Socket): SocketWire {
  const held = makeSocketWire({ clock, id: nextId(), write: (bytes) => socket.write(bytes) }, socket);
  socket.on('data', held.deliver);
  return held;
}

function take(deps: Deps, socket: Socket, { accept, onError }: ListenOptions): void {
  const held = makeWire(deps, socket);
  try {
    const events = accept(held.wire);
    if (events === null) held.wire.destroy();
    else held.attach(events);
  } catch (error) {
    held.wire.destroy();
    onError(new Error('Cannot accept connection: the listener threw', { cause: error }));
  }
}

async function start(clock: Clock, server: Server, place: PipeAccess & { readonly path: string }): Promise<void> {
  const started = Promise.withResolvers<void>();
  server.once('listening', started.resolve);
  server.once('error', started.reject);
  using _limit = clock.after(WIRE_LIMITS.startTimeoutMs, () => {
    started.reject(new Error(`Cannot listen: not started within ${WIRE_LIMITS.startTimeoutMs} ms`));
  });
  try {
    withPrivateUmask(() => void server.listen(place));
    await started.promise;
  } catch (cause) {
    server.close();
    throw new AirlockError('unavailable', 'Cannot listen for callers: the system refused the socket', { cause });
  }
}

function makeListener(server: Server, sockets: ReadonlySet<Socket>): Listener {
  const closed = Promise.withResolvers<void>();
  server.once('close', closed.resolve);
  const stop = (): void => {
    if (server.listening) server.close();
  };
  return {
    stopAccepting: () => {
      stop();
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      stop();
      return closed.promise;
    },
  };
}

async function listen(deps: Deps, endpoint: string, options: ListenOptions): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    take(deps, socket, options);
  });
  server.maxConnections = options.maxConnections;
  const isShared = options.isShared === true;
  await start(deps.clock, server, { path: endpoint, ...pipeAccess(endpoint, { isShared }) });
  server.on('error', options.onError);
  return makeListener(server, sockets);
}

/**
 * Make the transport on node:net.
 *
 * @param clock - For its time-outs.
 */
export function makeNodeTransport({ clock }: { readonly clock: Clock }): Transport {
  let lastId = 0;
  const deps: Deps = { clock, nextId: () => (lastId += 1) };
  return {
    name: 'node',
    listen: (endpoint, options) => listen(deps, endpoint, options),
    connect: async (endpoint, events, options) => {
      const socket = connectSocket({ path: endpoint });
      await waitForConnect(clock, socket, options);
      const held = makeWire(deps, socket);
      held.attach(events(held.wire));
      return held.wire;
    },
  };
}
