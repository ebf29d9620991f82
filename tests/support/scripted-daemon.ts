// The small test server with a script: who is connected, what was asked, and connections that a test cuts.

import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import type { RpcMessage } from '../../src/link/json-rpc.ts';
import { openTestServer, type TestPeer, type TestServerOptions } from './link-server.ts';

/** A request of an authenticated peer. */
export type Request = Extract<RpcMessage, { readonly kind: 'request' }>;

/** Answers a request; `peers` counts connections from 1. */
export type Script = (peer: TestPeer, request: Request, peers: number) => void;

/** Start a server that answers requests as the script says. `cut` ends the newest connection without a word. */
export async function openScriptedDaemon(script: Script, options: TestServerOptions = {}) {
  const requests: Request[] = [];
  const peers: TestPeer[] = [];
  const arrivals = new EventEmitter();
  const server = await openTestServer({
    ...options,
    onMessage: (peer, message) => {
      if (!peers.includes(peer)) peers.push(peer);
      if (message.kind !== 'request') return;
      requests.push(message);
      script(peer, message, peers.length);
      arrivals.emit(message.method, message);
    },
  });
  return {
    ...server,
    requests,
    /** Requests of a method so far. */
    asked: (method: string): readonly Request[] => requests.filter((request) => request.method === method),
    /** Resolves after the next request of a method was answered. */
    arrival: (method: string): Promise<unknown> => once(arrivals, method),
    newest: (): TestPeer => {
      const peer = peers.at(-1);
      if (peer === undefined) throw new Error('Cannot find peer: nobody has asked anything yet');
      return peer;
    },
    cut: (): void => peers.at(-1)?.wire.destroy(),
  };
}
