import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { destinationSchema, type WatsDestinationConfig } from '../../src/config/schema/destinations.ts';
import { systemClock } from '../../src/core/clock.ts';
import { Secret } from '../../src/core/secret.ts';
import type { ResolveAll } from '../../src/delivery/address-check.ts';
import { makeHttpClient } from '../../src/delivery/http-request.ts';
import type { OutgoingReport, SendOutcome } from '../../src/delivery/send.ts';
import { makeWatsSend, toReportUrl } from '../../src/delivery/wats.ts';
import { type TotalTimeout, withTimeout } from '../../src/delivery/with-timeout.ts';
import { startSink } from '../support/sink/client.ts';
import type { SinkMode } from '../support/sink/modes.ts';

const ID = '0198c2f0-0000-7000-8000-000000000001';
const TOKEN = Buffer.from('station-7:hunter2-secret').toString('base64');

function makeReport(padding = 0): OutgoingReport {
  const body = JSON.stringify({ id: ID, pad: 'x'.repeat(padding) });
  const sha256 = createHash('sha256').update(body).digest('hex');
  return { reportId: ID, revision: 1, body, attachments: [], sha256, acceptedAtUnixMs: 0 };
}

function makeConfig(url: string, extra: Readonly<Record<string, unknown>> = {}): WatsDestinationConfig {
  const config = destinationSchema.parse({
    type: 'wats',
    url,
    token: { secret: 'wats-token' },
    allowHosts: ['127.0.0.1', 'factory.test'],
    ...extra,
  });
  if (config.type !== 'wats') throw new Error('Cannot test: not a wats destination');
  return config;
}

type OpenOptions = {
  readonly token?: Secret | null;
  readonly resolve?: ResolveAll;
  readonly total?: TotalTimeout;
};

/** The real chain below observation, but for the WSJF writer, which has tests of its own. */
function openWats(config: WatsDestinationConfig, options: OpenOptions = {}) {
  const { token = new Secret(TOKEN), total = { totalMs: 20_000, minBytesPerSecond: 1024 } } = options;
  const client = makeHttpClient(
    { clock: systemClock, ...(options.resolve === undefined ? {} : { resolve: options.resolve }) },
    {
      url: toReportUrl(config.url),
      allowHosts: config.allowHosts,
      maxSockets: config.concurrent,
      connectMs: config.timeout.connect,
      idleMs: config.timeout.idle,
    },
  );
  const deps = {
    client,
    clock: systemClock,
    resolveSecret: () => Promise.resolve(token),
    encode: ({ body }: OutgoingReport) => ({ kind: 'ok', text: body }) as const,
  };
  const send = withTimeout({ clock: systemClock }, total, makeWatsSend(deps, config));
  return { send, [Symbol.dispose]: () => client[Symbol.dispose]() };
}

const { signal } = new AbortController();

async function sendOnce(mode: SinkMode, extra: Readonly<Record<string, unknown>> = {}): Promise<SendOutcome> {
  await using sink = await startSink({ mode });
  using wats = openWats(makeConfig(sink.url, extra));
  return await wats.send(makeReport(), { signal });
}

describe('wats destination, against a server in another process', () => {
  it('posts the report with id, key and token, and takes the id of the answer as delivery', async () => {
    await using sink = await startSink();
    using wats = openWats(makeConfig(`${sink.url}/base/`));
    const report = makeReport();

    const outcome = await wats.send(report, { signal });

    expect(outcome).toEqual({ kind: 'delivered', serverId: ID, answer: `[{"ID":"${ID}"}]` });
    const [request] = await sink.requests();
    expect(request).toMatchObject({
      method: 'POST',
      path: '/base/api/Report/WSJF',
      reportId: ID,
      bodySha256: report.sha256,
      headers: {
        authorization: `Basic ${TOKEN}`,
        'idempotency-key': `${ID}.1`,
        'content-length': String(Buffer.byteLength(report.body)),
      },
    });
  });

  it('calls a page of HTML ambiguous', async () => {
    const outcome = await sendOnce({ kind: 'status', status: 200, body: '<html>log in</html>' });

    expect(outcome).toMatchObject({ kind: 'ambiguous', answer: '<html>log in</html>' });
  });

  it('calls a success whose answer breaks off ambiguous', async () => {
    expect(await sendOnce({ kind: 'cut' })).toMatchObject({ kind: 'ambiguous', answer: '{"ID":' });
  });

  it('calls a success whose answer passes 64 KiB ambiguous, even if it is JSON with an id', async () => {
    const body = JSON.stringify({ ID, pad: 'x'.repeat(64 * 1024) });

    expect(await sendOnce({ kind: 'status', status: 200, body })).toMatchObject({ kind: 'ambiguous' });
  });

  it('takes an answer of exactly 64 KiB', async () => {
    const pad = 'x'.repeat(64 * 1024 - JSON.stringify({ ID, pad: '' }).length);

    const outcome = await sendOnce({ kind: 'status', status: 200, body: JSON.stringify({ ID, pad }) });

    expect(outcome).toMatchObject({ kind: 'delivered', serverId: ID });
  });

  it('keeps the words of a refusal', async () => {
    const outcome = await sendOnce({ kind: 'status', status: 400, body: '{"message":"processCode unknown"}' });

    expect(outcome).toEqual({
      kind: 'refused',
      reason: 'status_400',
      error: 'Cannot deliver report: the server answered 400',
      answer: '{"message":"processCode unknown"}',
    });
  });

  it('hides a token that the server quotes', async () => {
    const outcome = await sendOnce({ kind: 'quote_token' });

    expect(outcome).toMatchObject({ kind: 'refused', answer: '{"message":"bad header Basic [hidden]"}' });
    expect(JSON.stringify(outcome)).not.toContain(TOKEN);
  });

  it('holds at 401', async () => {
    expect(await sendOnce({ kind: 'status', status: 401 })).toMatchObject({
      kind: 'misconfigured',
      reason: 'unauthorized',
    });
  });

  it.each(['delivered', 'dead'] as const)('reads 409 as onConflict says: %s', async (onConflict) => {
    const outcome = await sendOnce({ kind: 'status', status: 409, body: '{}' }, { onConflict });

    expect(outcome.kind).toBe(onConflict === 'delivered' ? 'delivered' : 'refused');
  });

  it('waits as long as Retry-After says, capped', async () => {
    const mode: SinkMode = { kind: 'status', status: 503, headers: { 'Retry-After': '7200' } };

    expect(await sendOnce(mode)).toMatchObject({ kind: 'transient', reason: 'status_503', retryAfterMs: 3_600_000 });
  });

  it('never follows a redirect: the other host gets nothing, and only its name is shown', async () => {
    await using other = await startSink();
    const Location = `${other.url}/stolen?token=1`;

    const outcome = await sendOnce({ kind: 'status', status: 307, headers: { Location } });

    expect(outcome).toEqual({
      kind: 'misconfigured',
      reason: 'wrong_url',
      error: `Cannot deliver report: the server answered 307 and points to host 127.0.0.1:${other.port}`,
      answer: null,
    });
    expect(await other.requests()).toEqual([]);
  });

  it('ends a request that gets no answer at the idle limit', async () => {
    const outcome = await sendOnce({ kind: 'hang' }, { timeout: { idle: '100 ms' } });

    expect(outcome).toMatchObject({
      kind: 'transient',
      reason: 'timeout',
      error: 'Cannot reach destination: no progress within 100 ms',
    });
  });

  it('ends an answer that drips for ever at the total limit', async () => {
    await using sink = await startSink({ mode: { kind: 'drip', everyMs: 10 } });
    using wats = openWats(makeConfig(sink.url), { total: { totalMs: 300, minBytesPerSecond: 1e9 } });

    const outcome = await wats.send(makeReport(), { signal });

    expect(outcome).toMatchObject({ kind: 'transient', reason: 'timeout' });
  });

  it.each<SinkMode>([{ kind: 'reset', afterBytes: 1 }, { kind: 'close' }, { kind: 'garbage' }])(
    'calls a connection that ends in $kind transient',
    async (mode) => {
      expect(await sendOnce(mode)).toMatchObject({ kind: 'transient', reason: 'network' });
    },
  );

  it('calls a port on which nobody listens transient', async () => {
    const sink = await startSink();
    await sink[Symbol.asyncDispose]();
    using wats = openWats(makeConfig(sink.url));

    const outcome = await wats.send(makeReport(), { signal });

    expect(outcome).toMatchObject({ kind: 'transient', error: 'Cannot reach destination: ECONNREFUSED' });
  });

  it('stops a 20 MB upload at an early 413 before its body is sent', async () => {
    await using sink = await startSink({ mode: { kind: 'early_413' } });
    using wats = openWats(makeConfig(sink.url));

    const outcome = await wats.send(makeReport(20_000_000), { signal });

    expect(outcome).toMatchObject({ kind: 'refused', reason: 'status_413' });
    expect((await sink.requests()).map(({ bodyBytes }) => bodyBytes)).toEqual([0]);
  });

  it('sends a body of several megabytes whole after "continue"', async () => {
    await using sink = await startSink();
    using wats = openWats(makeConfig(sink.url));
    const report = makeReport(5_000_000);

    const outcome = await wats.send(report, { signal });

    expect(outcome).toMatchObject({ kind: 'delivered' });
    expect(await sink.requests()).toMatchObject([{ bodySha256: report.sha256, headers: { expect: '100-continue' } }]);
  });

  it('sends again without Expect when the server answers 417', async () => {
    await using sink = await startSink();
    await sink.setMode({ kind: 'status', status: 417 }, { kind: 'id' });
    using wats = openWats(makeConfig(sink.url));

    const outcome = await wats.send(makeReport(2_000_000), { signal });

    expect(outcome).toMatchObject({ kind: 'delivered' });
    expect((await sink.requests()).map(({ headers }) => headers['expect'])).toEqual(['100-continue', undefined]);
  });

  it('replaces a kept socket that the server closed, once and at once, with the same id', async () => {
    await using sink = await startSink();
    await sink.setMode({ kind: 'id' }, { kind: 'close' }, { kind: 'id' });
    using wats = openWats(makeConfig(sink.url));
    await wats.send(makeReport(), { signal });

    const outcome = await wats.send(makeReport(), { signal });

    expect(outcome).toMatchObject({ kind: 'delivered' });
    const seen = (await sink.requests()).map(({ connection, reportId }) => ({ connection, reportId }));
    expect(seen).toEqual([1, 1, 2].map((connection) => ({ connection, reportId: ID })));
  });

  it('does not repeat a request on a fresh socket', async () => {
    await using sink = await startSink({ mode: { kind: 'close' } });
    using wats = openWats(makeConfig(sink.url));

    await wats.send(makeReport(), { signal });

    expect(await sink.requests()).toHaveLength(1);
  });

  it('refuses a certificate that nobody signed', async () => {
    await using sink = await startSink({ tls: true });
    using wats = openWats(makeConfig(sink.url));

    const outcome = await wats.send(makeReport(), { signal });

    expect(outcome).toMatchObject({ kind: 'misconfigured', reason: 'certificate' });
    expect(await sink.requests()).toEqual([]);
  });

  it('sends nothing to a loopback address that allowHosts does not name', async () => {
    await using sink = await startSink({ tls: true });
    using wats = openWats(makeConfig(sink.url, { allowHosts: [] }));

    const outcome = await wats.send(makeReport(), { signal });

    expect(outcome).toMatchObject({ kind: 'misconfigured', reason: 'blocked_address' });
    expect(await sink.requests()).toEqual([]);
  });

  it('connects to the address it has vetted: a listed name that resolves to loopback', async () => {
    await using sink = await startSink();
    const resolve: ResolveAll = (_host, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
    using wats = openWats(makeConfig(`http://factory.test:${sink.port}`), { resolve });

    expect(await wats.send(makeReport(), { signal })).toMatchObject({ kind: 'delivered' });
  });

  it('refuses a name of which one address is private', async () => {
    const resolve: ResolveAll = (_host, callback) => {
      return callback(null, [
        { address: '93.184.215.14', family: 4 },
        { address: '169.254.169.254', family: 4 },
      ]);
    };
    using wats = openWats(makeConfig('https://rebound.test'), { resolve });

    const outcome = await wats.send(makeReport(), { signal });

    expect(outcome).toMatchObject({
      kind: 'misconfigured',
      reason: 'blocked_address',
      error: expect.stringContaining('address 169.254.169.254 is linkLocal'),
    });
  });

  it('ends a connection that is never made at the connect limit', async () => {
    const resolve: ResolveAll = () => undefined;
    const config = makeConfig('https://silent.test', { timeout: { connect: '100 ms' } });
    using wats = openWats(config, { resolve });

    const outcome = await wats.send(makeReport(), { signal });

    expect(outcome).toMatchObject({
      kind: 'transient',
      error: 'Cannot reach destination: no connection within 100 ms',
    });
  });

  it('calls a name that does not resolve transient', async () => {
    const resolve: ResolveAll = (_host, callback) =>
      callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
    using wats = openWats(makeConfig('https://nowhere.test'), { resolve });

    const outcome = await wats.send(makeReport(), { signal });

    expect(outcome).toMatchObject({ kind: 'transient', error: 'Cannot reach destination: ENOTFOUND' });
  });

  it('sends nothing without its secret', async () => {
    await using sink = await startSink();
    using wats = openWats(makeConfig(sink.url), { token: null });

    const outcome = await wats.send(makeReport(), { signal });

    expect(outcome).toMatchObject({ kind: 'misconfigured', reason: 'secret_missing' });
    expect(await sink.requests()).toEqual([]);
  });

  it('sends nothing with a secret that could break out of its header', async () => {
    await using sink = await startSink();
    using wats = openWats(makeConfig(sink.url), { token: new Secret('abc\r\nX-Evil: 1') });

    const outcome = await wats.send(makeReport(), { signal });

    expect(outcome).toMatchObject({ kind: 'misconfigured', reason: 'secret_invalid' });
    expect(JSON.stringify(outcome)).not.toContain('Evil');
  });

  it('refuses an upload over maxBytes before it connects', async () => {
    await using sink = await startSink();
    using wats = openWats(makeConfig(sink.url, { maxBytes: '1 KiB' }));

    const outcome = await wats.send(makeReport(1024), { signal });

    expect(outcome).toMatchObject({ kind: 'unsendable', reason: 'too_large' });
    expect(await sink.requests()).toEqual([]);
  });

  it('rejects with the reason of its signal when aborted in the middle', async () => {
    await using sink = await startSink({ mode: { kind: 'hang' } });
    using wats = openWats(makeConfig(sink.url));
    const stop = new AbortController();
    const sending = wats.send(makeReport(), { signal: stop.signal });
    await expect.poll(async () => (await sink.requests())[0]?.isComplete).toBe(true);
    const reason = new Error('drain is over');

    stop.abort(reason);

    await expect(sending).rejects.toBe(reason);
  });
});
