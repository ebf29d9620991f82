// vscode-jsonrpc as language servers use it: Content-Length headers, JSON, no schemas, no proof.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import type { Peer } from './peer.ts';

const open = (socket: Socket) =>
  createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));

/** The peer. */
export const peer: Peer = {
  serve: async (path) => {
    const server = createServer((socket) => {
      const connection = open(socket);
      connection.onRequest('ping', () => ({ bootId: 'bench', uptimeMs: 1 }));
      connection.onRequest('echo', (params: unknown) => params);
      connection.listen();
    });
    server.listen(path);
    await once(server, 'listening');
  },
  connect: async (path) => {
    const socket = connect(path);
    await once(socket, 'connect');
    const connection = open(socket);
    connection.listen();
    return {
      ping: () => connection.sendRequest('ping', {}),
      echo: (text) => connection.sendRequest('echo', { text }),
      [Symbol.dispose]: () => {
        connection.dispose();
        socket.destroy();
      },
    };
  },
};
