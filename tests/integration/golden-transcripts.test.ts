import { afterAll, describe, expect, it } from 'vitest';
import { authenticate } from '../../src/client/authenticate.ts';
import { Connection } from '../../src/client/connection.ts';
import { toKeyId } from '../../src/core/ids.ts';
import { Secret } from '../../src/core/secret.ts';
import { PRE_AUTH_CAPS } from '../../src/link/framing.ts';
import { playSteps, stepsOf } from '../support/golden/play.ts';
import { SCENARIOS } from '../support/golden/scenarios.ts';
import { makeGoldenStores } from '../support/golden/stores.ts';
import { frameLine, readTranscripts, type Transcript, type TranscriptLine } from '../support/golden/transcript.ts';
import { makeManualClock } from '../support/manual-clock.ts';
import type { RawMessage } from '../support/raw-client.ts';

const transcripts = readTranscripts();

const isFrame = (line: TranscriptLine): line is Extract<TranscriptLine, { hex: string }> => 'hex' in line;
const bytesOf = (line: TranscriptLine): Buffer => (isFrame(line) ? Buffer.from(line.hex, 'hex') : Buffer.alloc(0));

function messageOf(line: TranscriptLine): RawMessage | null {
  const body = bytesOf(line).subarray(4);
  return body[0] === 0x7b ? (JSON.parse(body.toString('utf8')) as RawMessage) : null;
}

describe('the golden transcripts', () => {
  const stores = makeGoldenStores();
  afterAll(() => stores[Symbol.asyncDispose]());

  it('are there for every scenario, and no others', () => {
    const byName = new Map(transcripts.map(({ meta }) => [meta.name, meta]));

    expect(byName).toEqual(new Map(SCENARIOS.map(({ meta }) => [meta.name, meta])));
  });

  it('say for people what their bytes say', () => {
    const frames = transcripts.flatMap(({ lines }) => lines).filter(isFrame);

    expect(frames.map((line) => frameLine(line.dir, bytesOf(line)))).toEqual(frames);
    // One shows a frame whose first five bytes end the connection.
    expect(frames.filter((line) => bytesOf(line).readUInt32BE(0) !== bytesOf(line).length - 4)).toHaveLength(1);
  });

  it.each(transcripts.map((transcript) => ({ name: transcript.meta.name, transcript })))(
    'are answered by the server byte for byte: $name',
    async ({ transcript }) => {
      const played = await playSteps({ meta: transcript.meta, steps: stepsOf(transcript) }, stores);

      expect(played.lines).toEqual(transcript.lines);
    },
  );
});

/** What a client makes of a transcript: how each call ended, what was announced, and why the connection ended. */
type Heard = { readonly ends: Map<number, unknown>; readonly told: unknown[]; readonly sent: Buffer[] };

const nothing: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {
    yield Buffer.alloc(0);
    await new Promise(() => undefined);
  },
};

function startClient() {
  const heard: Heard = { ends: new Map(), told: [], sent: [] };
  const wire = {
    id: 1,
    send: (bytes: Uint8Array) => {
      heard.sent.push(Buffer.from(bytes));
      return true;
    },
    unsentBytes: () => 0,
    pause: () => undefined,
    resume: () => undefined,
    end: () => Promise.resolve(),
    destroy: () => undefined,
  };
  const deps = {
    clock: makeManualClock(),
    onNotification: (method: string, params: object) => void heard.told.push({ method, params }),
  };
  return { heard, connection: new Connection(deps, wire, PRE_AUTH_CAPS) };
}

const toEnd = (error: unknown): unknown => ({
  error: { code: (error as { code: string }).code, message: (error as Error).message },
});

/** Let the client make the calls of a transcript, and hear its answers in pieces of 1,000 bytes. */
async function hear({ meta, lines }: Transcript): Promise<Heard & { readonly end: string | null }> {
  const { heard, connection } = startClient();
  const calls: Promise<void>[] = [];
  let end: string | null = null;
  void connection.closed.then(({ code }) => (end = code));

  function start(id: number, work: Promise<unknown>): void {
    const ended = work.then((result) => ({ result }), toEnd);
    calls.push(ended.then((value) => void heard.ends.set(id, value)));
  }

  function say({ id, method, params }: RawMessage): void {
    if (method === 'authenticate') return;
    const options = { deadlineMs: 3_600_000 };
    if (method === 'hello') {
      const key = { kid: toKeyId(meta.key.kid), secret: new Secret(meta.key.key) };
      const input = { key, instance: meta.instance, endpoint: meta.endpoint, client: params.client };
      const random = (): Buffer => Buffer.from(meta.clientNonce, 'base64url');
      return start(2, authenticate({ connection, random }, input, options));
    }
    const upload = new Map([params, ...(params.companions ?? [])].map(({ stream }) => [stream, nothing] as const));
    const call = { method, params, accept: (result: unknown) => result, isLarge: method === 'report/get' };
    return start(id, connection.invoke({ ...call, ...(params.stream === undefined ? {} : { upload }) }, options));
  }

  for (const line of lines) {
    const message = messageOf(line);
    if (line.dir === 'c>s' && message?.['id'] !== undefined) say(message);
    if (line.dir === 's>c') {
      const bytes = bytesOf(line);
      for (let at = 0; at < bytes.length; at += 1000) connection.events.onBytes(bytes.subarray(at, at + 1000));
    }
    if (line.dir === 'close') connection.events.onClose(null);
    await new Promise(setImmediate);
  }
  await Promise.all(calls);
  return { ...heard, end };
}

/** How the transcript says that a call ended. */
function wanted(lines: readonly TranscriptLine[]): Map<number, unknown> {
  const chunks = lines.filter(({ dir }) => dir === 's>c').map((line) => bytesOf(line).subarray(4));
  const body = Buffer.concat(chunks.filter((chunk) => chunk[0] === 1).map((chunk) => chunk.subarray(8)));
  const answers = lines.flatMap((line) => {
    const message = line.dir === 's>c' ? messageOf(line) : null;
    return typeof message?.['id'] === 'number' && message['id'] > 1 ? [message] : [];
  });
  return new Map(
    answers.map(({ id, result, error }) => [
      id,
      error !== undefined
        ? { error: { code: error.data.code, message: error.message } }
        : { result: result.sha256 !== undefined && result.stream === 2 ? JSON.parse(body.toString('utf8')) : result },
    ]),
  );
}

const HEARD = [
  'handshake',
  'newer-client',
  'refused-proof',
  'submit-inline',
  'submit-stream',
  'submit-companion',
  'submit-answered-before-end',
  'deadline',
  'large-result',
  'events',
  'events-resume',
  'rate-limited',
  'goaway',
];

describe('the client library', () => {
  it.each(HEARD)('reads the golden results: %s', async (name) => {
    const transcript = transcripts.find(({ meta }) => meta.name === name);
    if (transcript === undefined) throw new Error(`Cannot read transcript ${name}: it is not there`);
    const notifications = transcript.lines.flatMap((line) => {
      const message = line.dir === 's>c' ? messageOf(line) : null;
      return message?.['method'] === undefined ? [] : [{ method: message['method'], params: message['params'] }];
    });

    const { ends, told, end } = await hear(transcript);

    expect(ends).toEqual(wanted(transcript.lines));
    expect(told).toEqual(notifications);
    expect(end).toBe(name === 'goaway' ? 'shutting_down' : name === 'refused-proof' ? 'unavailable' : null);
  });

  it('says the golden bytes in its handshake', async () => {
    const transcript = transcripts.find(({ meta }) => meta.name === 'large-result');
    if (transcript === undefined) throw new Error('Cannot read transcript large-result: it is not there');
    const { sent } = await hear(transcript);

    const [hello, , proof] = transcript.lines.filter(isFrame).map(({ hex }) => hex);
    expect(sent.slice(0, 2).map((bytes) => bytes.toString('hex'))).toEqual([hello, proof]);
  });
});
