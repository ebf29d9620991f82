// Files that are handed over: inline, as streams, broken off, cancelled, too late.

import { chunkFrame } from '../raw-client.ts';
import type { Scenario } from './play.ts';
import { act, bytes, call, hear, login, LONG, metaOf, note, sha256, TEXT, uuid } from './scenario-words.ts';

/** Submissions. */
export const SUBMITS: readonly Scenario[] = [
  {
    meta: metaOf('submit-inline', 'a small file, the same again, and other bytes under the same key', { ipc: {} }),
    steps: [
      ...login([]),
      call(3, 'report/submit', { name: 'a.csv', content: TEXT, idempotencyKey: uuid(1) }),
      hear(),
      call(4, 'report/submit', {
        name: 'b.csv',
        contentBase64: Buffer.from(TEXT).toString('base64'),
        sha256: sha256(TEXT),
        idempotencyKey: uuid(1),
      }),
      hear(),
      call(5, 'report/submit', { name: 'a.csv', content: 'other', idempotencyKey: uuid(1) }),
      hear(),
    ],
  },
  {
    meta: metaOf('submit-stream', 'a file in chunks, with credit and progress', { ipc: {} }),
    steps: [
      ...login(),
      call(3, 'report/submit', {
        name: 'long.csv',
        stream: 1,
        size: LONG.length,
        sha256: sha256(LONG),
        idempotencyKey: uuid(2),
        workDoneToken: 'upload-1',
      }),
      hear(),
      bytes(chunkFrame(1, LONG.slice(0, 16_384))),
      hear(),
      bytes(chunkFrame(1, LONG.slice(16_384))),
      bytes(chunkFrame(1, '', 1)),
      hear(2),
    ],
  },
  {
    meta: metaOf(
      'submit-companion',
      'two streams of one call: the companion has no credit before the main file has ended',
    ),
    steps: [
      ...login(),
      call(3, 'report/submit', {
        name: 'main.csv',
        stream: 1,
        companions: [{ name: 'part.csv', stream: 3 }],
        idempotencyKey: uuid(3),
      }),
      hear(),
      bytes(chunkFrame(1, TEXT, 1)),
      hear(),
      bytes(chunkFrame(3, 'part', 1)),
      hear(),
    ],
  },
  {
    meta: metaOf('submit-abort', 'the client breaks its stream off: the call is cancelled, later chunks are dropped'),
    steps: [
      ...login(),
      call(3, 'report/submit', { name: 'a.csv', stream: 1, idempotencyKey: uuid(4) }),
      hear(),
      bytes(chunkFrame(1, TEXT)),
      bytes(chunkFrame(1, 'the source failed', 2)),
      hear(),
      bytes(chunkFrame(1, TEXT)),
      call(4, 'ping', {}),
      hear(),
    ],
  },
  {
    meta: metaOf('submit-answered-before-end', 'announced too large: the answer comes before the end of the stream'),
    steps: [
      ...login(),
      call(3, 'report/submit', { name: 'a.bin', stream: 1, size: 1_000_001, idempotencyKey: uuid(5) }),
      hear(),
      bytes(chunkFrame(1, 'on its way', 1)),
      call(4, 'ping', {}),
      hear(),
    ],
  },
  {
    meta: metaOf(
      'cancel',
      'a call in flight is cancelled and gets exactly one answer; a cancel that comes too late says nothing',
    ),
    steps: [
      ...login(),
      call(3, 'report/submit', { name: 'a.csv', stream: 1, idempotencyKey: uuid(6) }),
      hear(),
      note('$/cancelRequest', { id: 3 }),
      hear(),
      note('$/cancelRequest', { id: 3 }),
      call(4, 'ping', {}),
      hear(),
    ],
  },
  {
    meta: metaOf('deadline', '_meta.deadlineMs passes: deadline_exceeded'),
    steps: [
      ...login(),
      call(3, 'report/submit', { name: 'a.csv', stream: 1, idempotencyKey: uuid(7), _meta: { deadlineMs: 100 } }),
      hear(),
      act({ kind: 'time', ms: 100 }),
      hear(),
    ],
  },
];
