// Errors that a client can cause simply, and bytes that end the connection.

import { chunkFrame, frame } from '../raw-client.ts';
import type { Scenario, Step } from './play.ts';
import {
  bytes,
  call,
  closed,
  hear,
  login,
  LOGIN,
  metaOf,
  NO_LIMIT,
  send,
  sha256,
  TEXT,
  uuid,
} from './scenario-words.ts';

const submitCall = (id: number, params: object): readonly Step[] => [call(id, 'report/submit', params), hear()];

/** Error answers. */
export const ERRORS: readonly Scenario[] = [
  {
    meta: metaOf('errors', 'one call for each error that a client can cause simply', {
      ipc: { rate: NO_LIMIT, streams: 2 },
    }),
    steps: [
      ...login(),
      call(3, 'no/such', {}),
      hear(),
      call(4, 'ping', { extra: 1 }),
      hear(),
      call(5, 'report/get', { reportId: uuid(9) }),
      hear(),
      send({ id: 6, method: '', params: {} }),
      hear(),
      send({ id: 1.5, method: 'ping' }),
      hear(),
      ...submitCall(7, { name: 'a.csv', content: TEXT, size: 1, idempotencyKey: uuid(21) }),
      ...submitCall(8, { name: 'a.csv', content: TEXT, sha256: sha256('other'), idempotencyKey: uuid(21) }),
      ...submitCall(10, { name: 'big.csv', stream: 1, size: 1_000_001, idempotencyKey: uuid(21) }),
      ...submitCall(11, { name: 'a.csv', stream: 2, idempotencyKey: uuid(21) }),
      ...submitCall(12, { name: 'a.csv', idempotencyKey: uuid(21) }),
      call(13, 'report/submit', { name: 'a.csv', stream: 3, idempotencyKey: uuid(22) }),
      hear(),
      call(14, 'report/submit', { name: 'b.csv', stream: 5, idempotencyKey: uuid(23) }),
      hear(),
      call(13, 'ping', {}),
      hear(),
      ...submitCall(15, { name: 'c.csv', stream: 7, idempotencyKey: uuid(24) }),
      call(16, 'events/unsubscribe', { subscription: 'none' }),
      hear(),
    ],
  },
  {
    meta: metaOf('errors-queue-full', 'a queue of one item: queue_full, with when to come back', { maxItems: 1 }),
    steps: [
      ...login([]),
      ...submitCall(3, { name: 'a.csv', content: TEXT, idempotencyKey: uuid(1) }),
      ...submitCall(4, { name: 'b.csv', content: TEXT, idempotencyKey: uuid(2) }),
    ],
  },
  {
    meta: metaOf('errors-scope', 'a key without the scope: forbidden', {
      key: { kid: LOGIN.kid, key: LOGIN.key, scopes: ['read'] },
    }),
    steps: [...login([]), ...submitCall(3, { name: 'a.csv', content: TEXT, idempotencyKey: uuid(1) })],
  },
  {
    meta: metaOf('errors-not-json', 'a body that is not JSON: parse_error with id null, then closed'),
    steps: [...login([]), bytes(frame('{"jsonrpc":"2.0",}')), hear(), closed],
  },
  {
    meta: metaOf('errors-not-utf8', 'a body that is not UTF-8: parse_error with id null, then closed'),
    steps: [...login([]), bytes(frame(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))), hear(), closed],
  },
  {
    meta: metaOf('errors-too-deep', 'a body over 1 KiB with a depth of 65: parse_error with id null, then closed'),
    steps: [
      ...login([]),
      bytes(frame(`{"a":${'['.repeat(64)}"${'x'.repeat(1024)}"${']'.repeat(64)}}`)),
      hear(),
      closed,
    ],
  },
];

/** Bytes that end the connection. */
export const FAULTS: readonly Scenario[] = (
  [
    ['fault-empty-frame', 'a frame of 0 bytes', Buffer.alloc(4)],
    [
      'fault-frame-too-large',
      'a JSON frame one byte over 256 KiB, known by its first five bytes',
      Buffer.from('000400017b', 'hex'),
    ],
    ['fault-unknown-frame', 'a first byte that is neither { nor 01', frame('GET / HTTP/1.1')],
    ['fault-batch', 'an array: batches are refused', frame('[{"jsonrpc":"2.0","id":3,"method":"ping"}]')],
    ['fault-never-opened', 'a chunk of a stream that was never opened', chunkFrame(1, 'x')],
    ['fault-both-flags', 'a chunk with END and ABORT', chunkFrame(1, 'x', 3)],
    ['fault-stream-zero', 'a chunk of stream 0', chunkFrame(0, 'x')],
  ] as const
).map(([name, about, sent]) => ({
  meta: metaOf(name, `${about}: closed without an answer`),
  steps: [...login(), bytes(sent), closed],
}));
