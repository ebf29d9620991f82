// node-ipc as its README shows it: JSON events with a delimiter. It has no answers, so ids are put in by hand.

import { dirname } from 'node:path';
import type { Peer } from './peer.ts';

type Message = { readonly id: number; readonly text?: string };
type Ipc = {
  readonly config: Record<string, unknown>;
  readonly server: {
    on(event: 'start', listener: () => void): unknown;
    on(event: 'call', listener: (message: Message, socket: unknown) => void): unknown;
    emit(socket: unknown, event: string, message: Message): unknown;
    start(): void;
  };
  readonly of: Readonly<
    Record<
      string,
      {
        on(event: 'connect', listener: () => void): unknown;
        on(event: 'answer', listener: (message: Message) => void): unknown;
        emit(event: string, message: Message): unknown;
      }
    >
  >;
  serve(path: string): void;
  connectTo(name: string, path: string): void;
  disconnect(name: string): void;
};

async function make(path: string): Promise<Ipc> {
  // The types of this package that the project has know the raw mode only.
  const { IPCModule } = (await import('node-ipc')) as unknown as { readonly IPCModule: new () => Ipc };
  const ipc = new IPCModule();
  Object.assign(ipc.config, { silent: true, logger: () => undefined, socketRoot: `${dirname(path)}/` });
  return ipc;
}

/** The peer. */
export const peer: Peer = {
  serve: async (path) => {
    const ipc = await make(path);
    const started = Promise.withResolvers<void>();
    ipc.serve(path);
    ipc.server.on('start', started.resolve);
    ipc.server.on('call', (message, socket) => ipc.server.emit(socket, 'answer', message));
    ipc.server.start();
    await started.promise;
  },
  connect: async (path) => {
    const ipc = await make(path);
    ipc.connectTo('peer', path);
    const { peer: link } = ipc.of;
    if (link === undefined) throw new Error('node-ipc made no client');
    const waiting = new Map<number, (message: Message) => void>();
    const connected = Promise.withResolvers<void>();
    link.on('connect', connected.resolve);
    link.on('answer', (message) => {
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    });
    await connected.promise;
    let lastId = 0;
    const call = (params: Omit<Message, 'id'>): Promise<Message> => {
      const id = (lastId += 1);
      const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
      link.emit('call', { id, ...params });
      return answer;
    };
    return {
      ping: () => call({}),
      echo: (text) => call({ text }),
      [Symbol.dispose]: () => ipc.disconnect('peer'),
    };
  },
};
