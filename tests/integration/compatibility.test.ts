// The matrix of docs/compatibility.md: the real daemon against clients of other versions, and the client library against such daemons.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { canonicalReport } from '../support/e2e.ts';
import { connectRaw, type RawClient, type RawLogin, type RawMessage } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { startStandIn, type StandInOptions } from '../support/stand-in.ts';

describe('the daemon, and clients of other versions', () => {
  const shared = shareDaemon();

  function login(): RawLogin {
    const { run, keys } = shared.home.places;
    const { endpoint, instance } = JSON.parse(readFileSync(path.join(run, 'default.json'), 'utf8'));
    const { key } = JSON.parse(readFileSync(path.join(keys, 'local.json'), 'utf8'));
    return { kid: 'local', key, endpoint, instance };
  }

  async function hello(protocol: object, more: object = {}): Promise<{ client: RawClient; answer: RawMessage }> {
    const client = await connectRaw(login().endpoint);
    const nonce = 'A'.repeat(43);
    const about = { kid: 'local', nonce, client: { name: 'other', version: '0' } };
    return { client, answer: await client.call('hello', { protocol, ...about, ...more }) };
  }

  async function enter(capabilities: readonly string[]): Promise<{ client: RawClient; session: RawMessage }> {
    const client = await connectRaw(login().endpoint);
    const answer = await client.login(login(), capabilities);
    return { client, session: answer['result'] };
  }

  it.each([
    ['older', { min: 0, max: 0 }],
    ['newer', { min: 2, max: 3 }],
    ['turned round', { min: 5, max: 1 }],
  ])('refuse each other where there is no common version: %s', async (_name, range) => {
    const { client, answer } = await hello(range);

    expect(answer['error']).toMatchObject({
      code: -32010,
      data: { code: 'unsupported_protocol', supported: { min: 1, max: 1 } },
    });
    await client.closed;
  });

  it.each([
    ['older and this one', { min: 0, max: 1 }],
    ['this one and newer', { min: 1, max: 9 }],
  ])('agree on the highest common version: %s', async (_name, range) => {
    const { client, answer } = await hello(range);
    await using _client = client;

    expect(answer['result']?.protocol).toBe(1);
  });

  it('refuse a hello with more in it: what a version adds there needs a version', async () => {
    const { client, answer } = await hello({ min: 1, max: 2 }, { extension: true });

    expect(answer['error']?.data.code).toBe('invalid_params');
    await client.closed;
  });

  it('go on without a capability that one side does not know', async () => {
    const { client, session } = await enter(['streams', 'compression', 'x'.repeat(64)]);
    await using _client = client;

    expect(session['capabilities']).toEqual(['streams']);
  });

  it('take small files, and say what does not go, without streams', async () => {
    const { client, session } = await enter([]);
    await using _client = client;
    const submit = (file: object): Promise<RawMessage> =>
      client.call('report/submit', { name: 'a.json', idempotencyKey: randomUUID(), ...file });
    const report = {
      ...JSON.parse(canonicalReport('COMPAT')),
      root: { name: 'Main', kind: 'sequence', outcome: 'passed' },
    };
    report.root.steps = Array.from({ length: 2000 }, (_, index) => ({
      name: `step ${index}`,
      kind: 'action',
      outcome: 'passed',
    }));

    const inline = await submit({ content: canonicalReport('COMPAT') });
    const streamed = await submit({ stream: 1 });
    const large = await client.call('report/convert', { name: 'a.json', content: JSON.stringify(report) });

    expect(session['capabilities']).toEqual([]);
    expect(inline['result']?.duplicate).toBe(false);
    expect(streamed['error']?.data).toMatchObject({ code: 'invalid_params', details: [{ code: 'bad_stream' }] });
    expect(large['error']?.data).toMatchObject({ code: 'too_large', limit: 131_072 });
    expect(client.chunks).toEqual([]);
  });

  it('refuse what they do not know in params, by name, and ignore it in _meta and in notifications', async () => {
    const { client } = await enter([]);
    await using _client = client;
    client.send({ jsonrpc: '2.0', method: '$/future', params: { a: 1 } });
    client.send({ jsonrpc: '2.0', method: 'future/news', params: { a: 1 } });

    const unknown = await client.call('ping', { verbose: true, _meta: {} });
    const meta = await client.call('ping', { _meta: { priority: 3 } });
    const method = await client.call('queue/future', {});
    const topic = await client.call('events/subscribe', { topics: ['submission', 'weather'] });

    expect(unknown['error']?.data).toMatchObject({ code: 'invalid_params', details: [{ keys: ['verbose'] }] });
    expect(meta['result']?.bootId).toEqual(expect.any(String));
    expect(method['error']?.data.code).toBe('unknown_method');
    expect(topic['error']?.data.code).toBe('invalid_params');
  });
});

/** How connecting to another version fails. */
async function refusalOf(options: StandInOptions): Promise<unknown> {
  await using standIn = await startStandIn(options);
  try {
    await using _client = await connect(standIn.options);
    return null;
  } catch (error) {
    const { code, message, data } = error as { code: string; message: string; data: object };
    return { code, message, ...data };
  }
}

describe('the client library, and daemons of other versions', () => {
  it('says which side is too old where there is no common version', async () => {
    const newer = await refusalOf({ supports: { min: 2, max: 3 } });
    const older = await refusalOf({ supports: { min: 0, max: 0 } });

    expect(newer).toEqual({
      code: 'unsupported_protocol',
      message:
        'Cannot connect to airlock: it speaks protocol 2 to 3, this side 1 to 1; this program is too old, update its airlock package',
      reason: 'client_too_old',
      supported: { min: 2, max: 3 },
    });
    expect(older).toMatchObject({ code: 'unsupported_protocol', reason: 'daemon_too_old' });
  });

  it('goes no further with a daemon that agrees on a version that was not offered, though its proof is right', async () => {
    await using standIn = await startStandIn({ version: 2 });

    await expect(connect(standIn.options)).rejects.toMatchObject({ code: 'unsupported_protocol' });
    expect(standIn.heard.map(({ method }) => method)).toEqual(['hello']);
  });

  it('ignores members, capabilities, limits, methods and notifications that it does not know', async () => {
    await using standIn = await startStandIn({
      session: { capabilities: ['streams', 'compression'], methods: ['ping', 'queue/future'], colour: 'blue' },
      says: [
        { method: '$/future', params: {} },
        { method: 'future/news', params: {} },
      ],
      answers: { ping: { result: { bootId: 'boot', uptimeMs: 1, mood: 'good' } } },
    });
    await using client = await connect(standIn.options);

    expect(await client.call('ping', {})).toEqual({ bootId: 'boot', uptimeMs: 1 });
    expect(client.server.version).toBe('9.9.9');
  });

  it('says that the daemon is older where it lacks a method', async () => {
    const error = { code: -32601, message: 'no such method', data: { code: 'unknown_method', retryable: false } };
    await using standIn = await startStandIn({ answers: { 'queue/stats': { error } } });
    await using client = await connect(standIn.options);

    await expect(client.call('queue/stats', {})).rejects.toMatchObject({
      code: 'unknown_method',
      data: { reason: 'daemon_too_old' },
    });
  });

  it('takes an error code that it does not know by its number, and a number that it does not know as internal', async () => {
    const known = { code: -32024, message: 'later', data: { code: 'asleep', retryAfterMs: 5 } };
    const unknown = { code: -32099, message: 'odd', data: { code: 'odd' } };
    await using standIn = await startStandIn({
      answers: { 'queue/stats': { error: known }, 'status/get': { error: unknown } },
    });
    await using client = await connect(standIn.options);

    await expect(client.call('queue/stats', {})).rejects.toMatchObject({ code: 'unavailable', message: 'later' });
    await expect(client.call('status/get', {})).rejects.toMatchObject({ code: 'internal', message: 'odd' });
  });

  it('fails one call, and keeps the connection, where a result has a value of a closed list that it does not know', async () => {
    const converter = { name: 'a', version: null, sha256: null, origin: 'bundled', state: 'sleeping', reason: null };
    const rest = { priority: 1, description: null, match: null, input: null, companions: [], findings: [] };
    await using standIn = await startStandIn({
      answers: {
        'converter/list': { result: { items: [{ ...converter, ...rest }] } },
        ping: { result: { bootId: 'boot', uptimeMs: 1 } },
      },
    });
    await using client = await connect(standIn.options);

    await expect(client.call('converter/list', {})).rejects.toMatchObject({ code: 'internal' });
    expect(await client.call('ping', {})).toEqual({ bootId: 'boot', uptimeMs: 1 });
  });

  it('submits inline, and says what is too large, where the daemon takes no streams', async () => {
    const result = { submissionId: randomUUID(), sha256: 'a', bytes: 1, duplicate: false };
    await using standIn = await startStandIn({
      session: { capabilities: [] },
      answers: { 'report/submit': { result } },
    });
    await using client = await connect(standIn.options);

    expect(await client.submit({ name: 'a.csv', content: 'x' })).toEqual(result);
    await expect(client.submit({ name: 'b.csv', content: new Uint8Array(131_073) })).rejects.toMatchObject({
      code: 'too_large',
      data: { limit: 131_072 },
    });
  });
});

describe('the command line, and a daemon of another version', () => {
  const shared = shareDaemon();

  it('ends with 76, and says which side to update', async () => {
    await using standIn = await startStandIn({ supports: { min: 2, max: 3 } });

    const { exitCode, stderr } = await shared.home.airlock(['status'], { env: { AIRLOCK_ENDPOINT: standIn.endpoint } });

    expect(exitCode).toBe(76);
    expect(stderr).toContain('this program is too old');
  });
});
