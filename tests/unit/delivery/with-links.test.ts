import { describe, expect, it } from 'vitest';
import { type LogFields, type Logger, silentLogger } from '../../../src/core/logger.ts';
import type { OutgoingReport, Send, SendOutcome } from '../../../src/delivery/send.ts';
import { withMaxBytes } from '../../../src/delivery/with-max-bytes.ts';
import { withObservation } from '../../../src/delivery/with-observation.ts';
import { withTimeout } from '../../../src/delivery/with-timeout.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const report: OutgoingReport = {
  reportId: 'r',
  revision: 2,
  body: 'é'.repeat(5),
  attachments: [],
  sha256: '',
  acceptedAtUnixMs: 0,
};
/** 10 bytes of text and 20 of attachments, which base64 makes 27. */
const withAttachments: OutgoingReport = {
  ...report,
  attachments: ['a', 'b'].map((sha256) => ({ sha256, bytes: new Uint8Array(10) })),
};
const delivered: SendOutcome = { kind: 'delivered', serverId: null, answer: 'words' };
const { signal } = new AbortController();
const deliver: Send = () => Promise.resolve(delivered);
const never: Send = () => new Promise(() => undefined);

describe('withMaxBytes()', () => {
  it.each([
    [9, 'unsendable'],
    [10, 'delivered'],
    [11, 'delivered'],
  ])('counts bytes, not characters: 10 bytes with a limit of %i are %s', async (maxBytes, kind) => {
    expect((await withMaxBytes(maxBytes, deliver)(report, { signal })).kind).toBe(kind);
  });

  it.each([
    [29, 'unsendable'],
    [30, 'delivered'],
    [31, 'delivered'],
  ])('counts attachments: 30 bytes in all with a limit of %i are %s', async (maxBytes, kind) => {
    expect((await withMaxBytes(maxBytes, deliver)(withAttachments, { signal })).kind).toBe(kind);
  });

  it('says both numbers', async () => {
    expect(await withMaxBytes(9, deliver)(report, { signal })).toEqual({
      kind: 'unsendable',
      reason: 'too_large',
      error: 'Cannot deliver report: 10 bytes are more than maxBytes, 9 bytes (9 B)',
    });
  });
});

describe('withTimeout()', () => {
  const limit = { totalMs: 1_000, minBytesPerSecond: 10 };

  it('ends an upload as transient after total + size / rate, even one that cannot be stopped', async () => {
    const clock = makeManualClock();
    const sending = withTimeout({ clock }, limit, never)(report, { signal });

    clock.advance(2_000);

    expect(await sending).toEqual({
      kind: 'transient',
      reason: 'timeout',
      error: 'Cannot reach destination: not done within 2000 ms',
      answer: null,
      retryAfterMs: null,
    });
  });

  it('gives attachments the time that they take in base64', async () => {
    const clock = makeManualClock();
    const sending = withTimeout({ clock }, limit, never)(withAttachments, { signal });

    clock.advance(4_700);

    expect(await sending).toMatchObject({ error: 'Cannot reach destination: not done within 4700 ms' });
  });

  it('lets an upload go on until the last millisecond, and leaves no timer', async () => {
    const clock = makeManualClock();
    const { promise, resolve } = Promise.withResolvers<SendOutcome>();
    const sending = withTimeout({ clock }, limit, () => promise)(report, { signal });

    clock.advance(1_999);
    resolve(delivered);

    expect(await sending).toBe(delivered);
    expect(clock.pending()).toBe(0);
  });

  it('rejects with the reason of the outer signal', async () => {
    const stop = new AbortController();
    const sending = withTimeout({ clock: makeManualClock() }, limit, never)(report, { signal: stop.signal });
    const reason = new Error('drain');

    stop.abort(reason);

    await expect(sending).rejects.toBe(reason);
  });

  it('lets a bug of the next link through', async () => {
    const bug = new Error('bug');
    const send = withTimeout({ clock: makeManualClock() }, limit, () => Promise.reject(bug));

    await expect(send(report, { signal })).rejects.toBe(bug);
  });
});

describe('withObservation()', () => {
  function makeRecorder() {
    const lines: [string, LogFields, string][] = [];
    const at = (level: string) => (fields: LogFields, message: string) => void lines.push([level, fields, message]);
    const log: Logger = { ...silentLogger, info: at('info'), warn: at('warn') };
    return { log, lines };
  }

  it('logs a delivery with destination, report, kind and time', async () => {
    const clock = makeManualClock();
    const { log, lines } = makeRecorder();
    const slow: Send = async () => {
      clock.advance(42);
      return delivered;
    };

    await withObservation({ log, clock }, 'wats', slow)(report, { signal });

    const fields = { destination: 'wats', reportId: 'r', revision: 2, kind: 'delivered', ms: 42 };
    expect(lines).toEqual([['info', fields, 'Upload delivered']]);
  });

  it('warns of everything else with reason and error, without the words of the server', async () => {
    const { log, lines } = makeRecorder();
    const send: Send = async () => ({ kind: 'refused', reason: 'status_400', error: 'no', answer: 'words' });

    await withObservation({ log, clock: makeManualClock() }, 'wats', send)(report, { signal });

    expect(lines).toEqual([
      [
        'warn',
        { destination: 'wats', reportId: 'r', revision: 2, kind: 'refused', ms: 0, reason: 'status_400', error: 'no' },
        'Upload not delivered',
      ],
    ]);
  });
});
