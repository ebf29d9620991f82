import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema/root.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { Secret } from '../../../src/core/secret.ts';
import { testDestination } from '../../../src/delivery/test-destination.ts';
import { startSink, type StartSinkOptions } from '../../support/sink/client.ts';
import { makeTemporaryFolder } from '../../support/store.ts';

const TOKEN = 'dXNlcjpwYXNzd29yZC1vZi10aGUtc3RhdGlvbg==';
const { signal } = new AbortController();

const deps = {
  clock: systemClock,
  resolveSecret: async (name: string) => (name === 'wats-token' ? new Secret(TOKEN) : null),
  resolvePath: (written: string) => written,
};

function wats(url: string, more: Readonly<Record<string, unknown>> = {}) {
  const config = { type: 'wats', url, token: { secret: 'wats-token' }, allowHosts: ['127.0.0.1'], ...more };
  const parsed = configSchema.parse({ destinations: { d: config } }).destinations['d'];
  if (parsed === undefined) throw new Error('no destination');
  return parsed;
}

async function trySink(options: StartSinkOptions, more: Readonly<Record<string, unknown>> = {}) {
  await using sink = await startSink(options);
  const steps = await testDestination(deps, wats(sink.url, more), { signal });
  return { steps, requests: await sink.requests() };
}

const results = (steps: readonly { name: string; result: string }[]) =>
  steps.map(({ name, result }) => `${name} ${result}`);

describe('testDestination() of a server', () => {
  it('asks one question with the token and sends no report', async () => {
    const { steps, requests } = await trySink({ mode: { kind: 'status', status: 200, body: '"24.1"' } });

    expect(results(steps)).toEqual(['secret ok', 'resolve ok', 'connect ok', 'authenticate ok']);
    expect(requests).toMatchObject([
      { method: 'GET', path: '/api/App/Version', hasAuthorization: true, bodyBytes: 0, isComplete: true },
    ]);
  });

  it.each([
    [401, 'does not accept the token'],
    [403, 'does not accept the token'],
    [404, 'check the address'],
    [307, 'check the address'],
    [500, 'answered 500'],
  ])('says what an answer of %i means', async (status, words) => {
    const { steps } = await trySink({ mode: { kind: 'status', status, body: 'words of the server' } });

    expect(steps.at(-1)).toEqual({ name: 'authenticate', result: 'failed', message: expect.stringContaining(words) });
    expect(steps.at(-1)?.message).toContain('words of the server');
  });

  it('never shows the token, even when the server quotes it', async () => {
    const { steps } = await trySink({ mode: { kind: 'quote_token' } });

    expect(JSON.stringify(steps)).toContain('[hidden]');
    expect(JSON.stringify(steps)).not.toContain(TOKEN);
    expect(JSON.stringify(steps)).not.toContain('password-of-the-station');
  });

  it('ends at a certificate that nobody trusts', async () => {
    const { steps } = await trySink({ tls: true });

    expect(results(steps)).toEqual(['secret ok', 'resolve ok', 'connect failed', 'authenticate skipped']);
    expect(steps[2]?.message).toContain('the certificate is not trusted');
  });

  it('ends at a server that takes the question and never answers', async () => {
    const { steps } = await trySink({ mode: { kind: 'hang' } }, { timeout: { idle: '100 ms' } });

    expect(results(steps)).toEqual(['secret ok', 'resolve ok', 'connect ok', 'authenticate failed']);
  });

  it('ends at a secret that is missing, before anybody is asked', async () => {
    const { steps, requests } = await trySink({}, { token: { secret: 'other' } });

    expect(results(steps)).toEqual(['secret failed', 'resolve skipped', 'connect skipped', 'authenticate skipped']);
    expect(requests).toEqual([]);
  });

  it('ends at a private address that the configuration does not name', async () => {
    const steps = await testDestination(deps, wats('https://127.0.0.1:9', { allowHosts: [] }), { signal });

    expect(results(steps)).toEqual(['secret ok', 'resolve failed', 'connect skipped', 'authenticate skipped']);
    expect(steps[1]?.message).toContain('allowHosts');
  });

  it('ends at a name without an address', async () => {
    const nobody = {
      ...deps,
      resolve: (_host: string, done: (error: Error, addresses: []) => void) =>
        done(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), []),
    };

    const steps = await testDestination(nobody, wats('https://wats.invalid'), { signal });

    expect(steps[1]).toEqual({ name: 'resolve', result: 'failed', message: 'no address: ENOTFOUND' });
  });

  it('ends at a port where nobody listens', async () => {
    const steps = await testDestination(deps, wats('http://127.0.0.1:1'), { signal });

    expect(steps[2]).toEqual({
      name: 'connect',
      result: 'failed',
      message: 'the connection failed: ECONNREFUSED',
    });
  });
});

describe('testDestination() of a folder', () => {
  const directory = (folder: string) => {
    const parsed = configSchema.parse({ destinations: { d: { type: 'directory', path: folder } } }).destinations['d'];
    if (parsed === undefined) throw new Error('no destination');
    return parsed;
  };

  it('makes the folder, writes a file and leaves none behind', async () => {
    using folder = makeTemporaryFolder();
    const target = path.join(folder.path, 'delivered');

    const steps = await testDestination(deps, directory(target), { signal });

    expect(results(steps)).toEqual(['folder ok', 'write ok']);
    expect(await readdir(target)).toEqual([]);
  });

  it('says why a file in the place of the folder does not do, without its path', async () => {
    using folder = makeTemporaryFolder();
    await mkdir(folder.path, { recursive: true });
    const target = path.join(folder.path, 'file');
    await writeFile(target, '');

    const steps = await testDestination(deps, directory(path.join(target, 'below')), { signal });

    expect(results(steps)).toEqual(['folder failed', 'write skipped']);
    expect(JSON.stringify(steps)).not.toContain(folder.path);
  });
});
