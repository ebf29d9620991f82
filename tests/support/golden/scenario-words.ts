// The words that golden scenarios are written in: frames, calls, what is waited for, what happens to the server.

import { createHash } from 'node:crypto';
import { frame, prove, type RawLogin } from '../raw-client.ts';
import type { Step } from './play.ts';
import { type TranscriptAct, type TranscriptLine, type TranscriptMeta } from './transcript.ts';

/** Who logs in, and where. */
export const LOGIN: RawLogin = {
  kid: 'local',
  key: createHash('sha256').update('test vector').digest('base64url'),
  instance: 'default',
  endpoint: '/run/user/1000/airlock/default.sock',
};
const CLIENT_NONCE = Buffer.alloc(32, 1).toString('base64url');
/** No rate limit. */
export const NO_LIMIT = { calls: { perMinute: 0 }, submit: { perMinute: 0 } };

/** First line of a transcript. */
export function metaOf(
  name: string,
  about: string,
  more: Partial<Pick<TranscriptMeta, 'ipc' | 'key' | 'maxItems'>> = {},
): TranscriptMeta {
  const { kid, key, instance, endpoint } = LOGIN;
  return {
    format: 1,
    name,
    about,
    protocol: 1,
    instance,
    endpoint,
    key: { kid, key, scopes: ['submit', 'read', 'admin'] },
    clientNonce: CLIENT_NONCE,
    ipc: { rate: NO_LIMIT },
    ...more,
  };
}

/** Send one message. */
export const send = (message: object): Step => ({
  kind: 'send',
  frame: frame(JSON.stringify({ jsonrpc: '2.0', ...message })),
});
/** Send a request. */
export const call = (id: number, method: string, params: object): Step => send({ id, method, params });
/** Send a notification. */
export const note = (method: string, params: object): Step => send({ method, params });
/** Send a frame as it is. */
export const bytes = (frameBytes: Buffer): Step => ({ kind: 'send', frame: frameBytes });
/** Wait for frames of the server. */
export const hear = (frames = 1): Step => ({ kind: 'await', frames });
/** Make the server do something. */
export const act = (what: TranscriptAct): Step => ({ kind: 'act', act: what });
/** The server closes. */
export const closed: Step = { kind: 'close' };

/** Params of `hello`. */
export const HELLO = {
  protocol: { min: 1, max: 1 },
  kid: 'local',
  nonce: CLIENT_NONCE,
  client: { name: 'golden', version: '1' },
};

function serverNonce(said: readonly TranscriptLine[]): string {
  const answer = said.find((line) => line.dir === 's>c');
  return answer?.dir === 's>c' ? (answer.json as { result: { nonce: string } }).result.nonce : '';
}

/** `authenticate` with a proof that is right, or one that was changed. */
export const authenticate = (capabilities: readonly string[], spoil = (proof: string): string => proof): Step => ({
  kind: 'send',
  frame: (said) => {
    const proof = spoil(prove('client', LOGIN, [CLIENT_NONCE, serverNonce(said)]));
    return frame(JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'authenticate', params: { proof, capabilities } }));
  },
});

/** Both calls of the handshake. */
export const login = (capabilities: readonly string[] = ['streams']): readonly Step[] => [
  call(1, 'hello', HELLO),
  hear(),
  authenticate(capabilities),
  hear(),
];

/** Lower-case hex. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
/** An idempotency key or report id. Transcripts share a store: each has keys of its own. */
export const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
/** A small file. */
export const TEXT = 'serial;value\nSN-1;4.98\n';
/** A file of two chunks. */
export const LONG = 'serial;value\n'.padEnd(20_000, 'SN-1;4.98\n');
