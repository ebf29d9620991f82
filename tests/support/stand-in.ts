// A daemon of another version, as far as its handshake goes: raw frames, nothing of src but the key files.

import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { toInstanceName } from '../../src/core/ids.ts';
import { ensurePrivateDirectory } from '../../src/disk/private-directory.ts';
import { ensureKeys } from '../../src/link/keys.ts';
import { frame, type RawMessage } from './raw-client.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** How the other version behaves. */
export type StandInOptions = {
  /** Range it refuses `hello` with; left out = it lets the client in. */
  readonly supports?: { readonly min: number; readonly max: number };
  /** Version it agrees on; default 1. */
  readonly version?: number;
  /** Beside what version 1 answers to `authenticate`. */
  readonly session?: object;
  /** Results and errors by method; default `{}`. */
  readonly answers?: Readonly<Record<string, { readonly result: unknown } | { readonly error: unknown }>>;
  /** Sent right after the answer to `authenticate`. */
  readonly says?: readonly object[];
};

const SESSION = {
  session: 's1',
  scopes: ['submit', 'read', 'admin'],
  capabilities: ['streams'],
  limits: {
    jsonFrame: 262_144,
    chunk: 65_536,
    depth: 64,
    inline: 131_072,
    callsInFlight: 32,
    streams: 8,
    subscriptions: 16,
    unsentBytes: 8_388_608,
    report: 1_000_000,
  },
  rate: { calls: null, submit: null },
  server: { name: 'airlock', version: '9.9.9', bootId: 'boot' },
  methods: ['ping'],
};

type Place = { readonly endpoint: string; readonly keyText: string };

function makeAnswer({ endpoint, keyText }: Place, options: StandInOptions) {
  const nonce = randomBytes(32).toString('base64url');
  const { version = 1, supports, session = {}, answers = {} } = options;
  return ({ method, params }: RawMessage): object => {
    if (method === 'hello' && supports !== undefined) {
      const data = { code: 'unsupported_protocol', retryable: false, supported: supports };
      return { error: { code: -32010, message: 'Cannot run hello: no common protocol version', data } };
    }
    if (method === 'hello') {
      const text = ['airlock-ipc', 'server', version, 'default', endpoint, params.nonce, nonce].join('\n');
      const proof = createHmac('sha256', Buffer.from(keyText, 'base64url')).update(text).digest('base64url');
      return { result: { protocol: version, instance: 'default', nonce, proof, greeting: 'of a later version' } };
    }
    if (method === 'authenticate') return { result: { ...SESSION, ...session } };
    return answers[method] ?? { result: {} };
  };
}

function serve(
  socket: Socket,
  place: Place,
  { options, heard }: { options: StandInOptions; heard: RawMessage[] },
): void {
  const answer = makeAnswer(place, options);
  const send = (message: object): void => void socket.write(frame(JSON.stringify({ jsonrpc: '2.0', ...message })));
  let pending = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32BE(0)) {
      const end = 4 + pending.readUInt32BE(0);
      const message = JSON.parse(pending.subarray(4, end).toString('utf8')) as RawMessage;
      pending = pending.subarray(end);
      heard.push(message);
      if (message['id'] !== undefined && message['method'] !== undefined)
        send({ id: message['id'], ...answer(message) });
      if (message['method'] === 'authenticate') options.says?.forEach(send);
    }
  });
}

/** Start one in a home of its own. `heard` has every message in order. */
export async function startStandIn(options: StandInOptions) {
  const folder = await makeTemporaryFolder();
  const places = {
    run: path.join(folder.path, 'run'),
    keys: path.join(folder.path, 'keys'),
    instance: toInstanceName('default'),
  };
  await ensurePrivateDirectory(places.run);
  const [key] = await ensureKeys({ random: randomBytes, nowUnixMs: () => 0 }, places.keys);
  const endpoint = path.join(places.run, 'default.sock');
  const heard: RawMessage[] = [];
  const place = { endpoint, keyText: key?.secret.reveal() ?? '' };
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    serve(socket, place, { options, heard });
  });
  server.listen(endpoint);
  await once(server, 'listening');
  await chmod(endpoint, 0o600);
  return {
    home: folder.path,
    endpoint,
    heard,
    /** For `connect`. */
    options: { places, endpoint, env: {}, reconnect: false },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
