// The transport on node-ipc 14.0.0 in raw mode: the only file that knows the package. Source: protocol.md 1.

import type { Server as NetServer, Socket } from 'node:net';
import { dirname } from 'node:path';
import { IPCModule } from 'node-ipc';
import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import { waitForConnect } from './connect-outcome.ts';
import { pipeAccess, toBarePipeName } from './endpoint-name.ts';
import { withPrivateUmask } from './private-birth.ts';
import { makeSocketWire, type SocketWire } from './socket-wire.ts';
import type { Listener, ListenOptions, Transport, Wire } from './wire.ts';

type Counter = () => number;
type Deps = { readonly clock: Clock; readonly nextId: Counter };
type NodeIpcServer = IPCModule['server'];

/** Name of the one peer of a client's module; never crosses the wire. */
const PEER = 'server';

/** A module of its own each time: the package's default export is shared by the whole process. */
function makeModule(endpoint: string, maxConnections: number, isShared = false): IPCModule {
  const module = new IPCModule();
  Object.assign(module.config, {
    parser: 'raw',
    silent: true,
    logger: () => undefined,
    logPayloads: false,
    // It would remove whatever socket lies at the path, alive or not.
    unlink: false,
    maxConnections,
    // It would retry for ever without a pause.
    maxRetries: 0,
    stopRetrying: true,
    // It would shut a folder that a group shares; whose the folder is was checked before.
    secureSocketRoot: !isShared,
    socketRoot: `${dirname(endpoint)}/`,
    ...pipeAccess(endpoint, { isShared }),
  } satisfies IPCModule['config']);
  return module;
}

/** Hand each new socket to `accept`, and what comes from it to its wire. */
function receive(deps: Deps, server: NodeIpcServer, { accept, onError }: ListenOptions): void {
  const wires = new WeakMap<Socket, SocketWire>();
  server.on('connect', (socket) => {
    const write = (bytes: Buffer): boolean => server.emit(socket, bytes);
    const held = makeSocketWire({ clock: deps.clock, id: deps.nextId(), write }, socket);
    try {
      const events = accept(held.wire);
      if (events === null) return held.wire.destroy();
      held.attach(events);
      wires.set(socket, held);
    } catch (error) {
      // An exception here would end the process.
      held.wire.destroy();
      onError(new Error('Cannot accept connection: the listener threw', { cause: error }));
    }
  });
  server.on('data', (bytes, socket) => wires.get(socket)?.deliver(bytes));
}

/** Start, and wait until it listens: a failed listen shows only as an `error` event. */
async function start(clock: Clock, server: NodeIpcServer): Promise<void> {
  const started = Promise.withResolvers<void>();
  server.on('start', started.resolve);
  // Errors of single sockets come this way too, later; each wire tells its owner by itself.
  server.on('error', started.reject);
  using _limit = clock.after(WIRE_LIMITS.startTimeoutMs, () => {
    started.reject(new Error(`Cannot listen: not started within ${WIRE_LIMITS.startTimeoutMs} ms`));
  });
  try {
    // Order: the socket is bound inside start(), before it returns.
    withPrivateUmask(() => server.start());
    await started.promise;
  } catch (cause) {
    server.stop();
    throw new AirlockError('unavailable', 'Cannot listen for callers: the system refused the socket', { cause });
  }
}

function makeListener(server: NodeIpcServer, socketServer: NetServer): Listener {
  const closed = Promise.withResolvers<void>();
  socketServer.once('close', closed.resolve);
  return {
    stopAccepting: () => {
      // Its callback would wait for every wire; the handle itself is closed before close() returns.
      if (socketServer.listening) socketServer.close();
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => {
      server.stop();
      return closed.promise;
    },
  };
}

async function listen(deps: Deps, endpoint: string, options: ListenOptions): Promise<Listener> {
  const module = makeModule(endpoint, options.maxConnections, options.isShared);
  module.serve(toBarePipeName(endpoint));
  receive(deps, module.server, options);
  await start(deps.clock, module.server);
  const socketServer = module.server.server;
  if (socketServer === false) throw new AirlockError('unavailable', 'Cannot listen for callers: no server was made');
  socketServer.on('error', options.onError);
  return makeListener(module.server, socketServer);
}

async function connect(
  deps: Deps,
  endpoint: string,
  ...rest: DropFirst<Parameters<Transport['connect']>>
): Promise<Wire> {
  const [events, options] = rest;
  const module = makeModule(endpoint, 1);
  // It returns before the socket is connected.
  module.connectTo(PEER, endpoint);
  const client = module.of[PEER];
  if (client === undefined) throw new AirlockError('unavailable', 'Cannot connect to airlock: no socket was made');
  const write = (bytes: Buffer): boolean => client.emit(bytes);
  await waitForConnect(deps.clock, client.socket, options);
  const held = makeSocketWire({ clock: deps.clock, id: deps.nextId(), write }, client.socket);
  held.attach(events(held.wire));
  client.on('data', (bytes) => held.deliver(bytes));
  return held.wire;
}

type DropFirst<List extends readonly unknown[]> = List extends readonly [unknown, ...infer Rest] ? Rest : never;

/**
 * Make the transport on node-ipc.
 *
 * @param clock - For its time-outs.
 */
export function makeNodeIpcTransport({ clock }: { readonly clock: Clock }): Transport {
  let lastId = 0;
  const deps: Deps = { clock, nextId: () => (lastId += 1) };
  return {
    name: 'node-ipc',
    listen: (endpoint, options) => listen(deps, endpoint, options),
    connect: (endpoint, ...rest) => connect(deps, endpoint, ...rest),
  };
}
