// What the golden transcripts show, as steps: written by hand, so that the client's bytes are nobody's implementation.

import { chunkFrame, frame } from '../raw-client.ts';
import { ERRORS, FAULTS } from './error-scenarios.ts';
import { HANDSHAKES } from './handshake-scenarios.ts';
import type { Scenario, Step } from './play.ts';
import { act, bytes, call, closed, hear, login, metaOf, note, TEXT, uuid } from './scenario-words.ts';
import { SUBMITS } from './submit-scenarios.ts';
import { LARGE_REPORT_ID } from './transcript.ts';

const submission = (changeSeq: number, state: string): Step =>
  act({
    kind: 'change',
    changeSeq,
    topic: 'submission',
    data: { submissionId: '018bcfe5-6800-7000-8000-000000000001', state, name: 'a.csv', converter: 'csv-semicolon' },
  });

const report = (changeSeq: number, state: string): Step =>
  act({
    kind: 'change',
    changeSeq,
    topic: 'report',
    data: {
      reportId: LARGE_REPORT_ID,
      submissionId: '018bcfe5-6800-7000-8000-000000000001',
      state,
      destination: 'wats',
    },
  });

/** Subscribe from the first event on that was told. */
const goOn = (id: number, bootId: string): Step => ({
  kind: 'send',
  frame: (said) => {
    const told = said.flatMap((line) => (line.dir === 's>c' ? [line.json as { params?: { cursor?: string } }] : []));
    const cursor = told.find(({ params }) => params?.cursor !== undefined)?.params?.cursor;
    const params = { topics: ['submission'], since: { bootId, cursor } };
    return frame(JSON.stringify({ jsonrpc: '2.0', id, method: 'events/subscribe', params }));
  },
});

const LATER: readonly Scenario[] = [
  {
    meta: metaOf('large-result', 'a result over 128 KiB: a head, then chunks as the client grants credit'),
    steps: [
      ...login(),
      call(3, 'report/get', { reportId: LARGE_REPORT_ID }),
      hear(),
      note('$/credit', { stream: 2, bytes: 100_000 }),
      hear(2),
      note('$/credit', { stream: 2, bytes: 1_000_000 }),
      hear(),
    ],
  },
  {
    meta: metaOf('large-result-without-streams', 'the same without the capability: too_large'),
    steps: [...login([]), call(3, 'report/get', { reportId: LARGE_REPORT_ID }), hear()],
  },
  {
    meta: metaOf('events', 'state first, then changes; nothing after unsubscribe'),
    steps: [
      ...login([]),
      call(3, 'events/subscribe', { topics: ['submission', 'report'] }),
      hear(),
      submission(1, 'converting'),
      hear(),
      submission(2, 'converted'),
      hear(),
      report(3, 'delivered'),
      hear(),
      call(4, 'events/unsubscribe', { subscription: '1' }),
      hear(),
      submission(4, 'converted'),
      call(5, 'ping', {}),
      hear(),
    ],
  },
  {
    meta: metaOf(
      'events-resume',
      'going on after the cursor of an event: what was missed comes first; another run: a new state',
    ),
    steps: [
      ...login([]),
      call(3, 'events/subscribe', { topics: ['submission'] }),
      hear(),
      submission(1, 'received'),
      hear(),
      submission(2, 'converting'),
      hear(),
      submission(3, 'converted'),
      hear(),
      call(4, 'events/unsubscribe', { subscription: '1' }),
      hear(),
      goOn(5, 'golden-boot'),
      hear(3),
      submission(4, 'converted'),
      hear(),
      goOn(6, 'another-boot'),
      hear(),
    ],
  },
  {
    meta: metaOf(
      'rate-limited',
      'two calls at once, one a second: the third is told when to come back, and comes then',
      {
        ipc: { rate: { calls: { perMinute: 60, burst: 2 } } },
      },
    ),
    steps: [
      ...login([]),
      ...[3, 4, 5, 6].flatMap((id) => [call(id, 'report/get', { reportId: uuid(9) }), hear()]),
      call(7, 'ping', {}),
      hear(),
      act({ kind: 'time', ms: 1000 }),
      call(8, 'report/get', { reportId: uuid(9) }),
      hear(),
    ],
  },
  {
    meta: metaOf('goaway', 'the daemon stops: goaway, no new calls, what runs is finished, then closed'),
    steps: [
      ...login(),
      call(3, 'report/submit', { name: 'a.csv', stream: 1, idempotencyKey: uuid(8) }),
      hear(),
      act({ kind: 'drain' }),
      hear(),
      call(4, 'ping', {}),
      hear(),
      call(5, 'report/get', { reportId: uuid(9) }),
      hear(),
      bytes(chunkFrame(1, TEXT, 1)),
      hear(),
      closed,
    ],
  },
  {
    meta: metaOf('goaway-forced', 'the time for what runs is over: server_cancelled, then closed'),
    steps: [
      ...login(),
      call(3, 'report/submit', { name: 'a.csv', stream: 1, idempotencyKey: uuid(10) }),
      hear(),
      act({ kind: 'drain' }),
      hear(),
      act({ kind: 'time', ms: 10_000 }),
      hear(),
      closed,
    ],
  },
  {
    meta: metaOf('goaway-key-revoked', 'the key is void: goaway, what runs is answered unauthenticated, then closed'),
    steps: [
      ...login(),
      call(3, 'report/submit', { name: 'a.csv', stream: 1, idempotencyKey: uuid(11) }),
      hear(),
      act({ kind: 'revoke' }),
      hear(2),
      closed,
    ],
  },
];

/** Every transcript, by name. */
export const SCENARIOS: readonly Scenario[] = [...HANDSHAKES, ...SUBMITS, ...LATER, ...ERRORS, ...FAULTS];
