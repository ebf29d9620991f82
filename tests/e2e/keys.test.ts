import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { documents } from '../support/e2e.ts';
import { connectRaw, prove, type RawClient } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

const fileOf = (home: TestHome, kid: string): string => path.join(home.places.keys, `${kid}.json`);
const keyOf = (home: TestHome, kid: string): { readonly key: string; readonly expires?: string } =>
  JSON.parse(readFileSync(fileOf(home, kid), 'utf8'));

function endpointOf(home: TestHome): string {
  return JSON.parse(readFileSync(path.join(home.places.run, 'default.json'), 'utf8')).endpoint;
}

/** Authenticate on a bare socket, so that everything the daemon says last can be seen. */
async function enter(home: TestHome, kid: string, capabilities: readonly string[] = []): Promise<RawClient> {
  const endpoint = endpointOf(home);
  const client = await connectRaw(endpoint);
  const answer = await client.login({ kid, key: keyOf(home, kid).key, endpoint, instance: 'default' }, capabilities);
  expect(answer).toHaveProperty('result');
  return client;
}

const errorOf = (stdout: string): unknown => documents(stdout)[0]?.['error'];

describe('airlock key', () => {
  const shared = shareDaemon();

  it('create writes a private file, says where, and never the key; the key is valid at once', async () => {
    const { home } = shared;

    const argv = ['key', 'create', 'line-3', '--scope', 'submit,read', '--label', 'Linie 3', '--json'];
    const { exitCode, stdout, stderr } = await home.airlock(argv);
    await using client = await home.connect('line-3');

    expect(exitCode).toBe(0);
    expect(documents(stdout)).toEqual([
      {
        schemaVersion: 1,
        kid: 'line-3',
        scopes: ['submit', 'read'],
        label: 'Linie 3',
        createdAt: expect.stringMatching(/Z$/),
        path: fileOf(home, 'line-3'),
      },
    ]);
    expect(lstatSync(fileOf(home, 'line-3')).mode & 0o777).toBe(0o600);
    expect(client.scopes.toSorted()).toEqual(['read', 'submit']);
    expect(stdout + stderr + shared.daemon.log()).not.toContain(keyOf(home, 'line-3').key);
  });

  it('create refuses a name that is taken, in the ring or on the disk, and one that the daemon makes itself', async () => {
    const { home } = shared;
    await home.airlock(['key', 'create', 'twice', '--scope', 'read']);
    writeFileSync(fileOf(home, 'by-hand'), '{}', { mode: 0o600 });
    const before = keyOf(home, 'twice').key;

    const ends = await Promise.all(
      ['twice', 'by-hand', 'local', 'group-read'].map((kid) =>
        home.airlock(['key', 'create', kid, '--scope', 'admin', '--json']),
      ),
    );

    expect(ends.map(({ exitCode }) => exitCode)).toEqual([1, 1, 64, 64]);
    expect(ends.map(({ stdout }) => errorOf(stdout))).toMatchObject([
      { code: 'conflict' },
      { code: 'conflict' },
      { code: 'invalid_params' },
      { code: 'invalid_params' },
    ]);
    expect(keyOf(home, 'twice').key).toBe(before);
    expect(readFileSync(fileOf(home, 'by-hand'), 'utf8')).toBe('{}');
  });

  it.each([
    ['a name in capitals', ['key', 'create', 'Line', '--scope', 'read']],
    ['no scope', ['key', 'create', 'line']],
    ['an unknown scope', ['key', 'create', 'line', '--scope', 'read,root']],
    ['a duration without a unit', ['key', 'rotate', 'line', '--keep', '5']],
  ])('refuses %s as usage (64)', async (_, argv) => {
    expect((await shared.home.airlock(argv)).exitCode).toBe(64);
  });

  it('list shows every key with what it may do, and no secret', async () => {
    const { home } = shared;

    const { stdout } = await home.airlock(['key', 'list', '--json']);

    expect(documents(stdout)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kid: 'local', scopes: ['submit', 'read', 'admin'], own: true, expiresAt: null }),
        expect.objectContaining({ kid: 'submit', scopes: ['submit'], own: false }),
      ]),
    );
    expect(stdout).not.toContain(keyOf(home, 'submit').key);
    expect(stdout).not.toContain(home.home);
  });

  it('is for keys with admin only', async () => {
    const { home } = shared;
    await home.airlock(['key', 'create', 'reader', '--scope', 'read']);

    const ends = await Promise.all(
      [['list'], ['create', 'mine', '--scope', 'admin'], ['revoke', 'local'], ['rotate', 'local']].map((argv) =>
        home.airlock(['--key', 'reader', 'key', ...argv]),
      ),
    );

    expect(ends.map(({ exitCode }) => exitCode)).toEqual([77, 77, 77, 77]);
    expect(existsSync(fileOf(home, 'mine'))).toBe(false);
  });

  it('revoke ends the connections of the key with a last goaway, their calls with an answer, and leaves others alone', async () => {
    const { home } = shared;
    await home.airlock(['key', 'create', 'gone', '--scope', 'submit']);
    await using victim = await enter(home, 'gone');
    await using other = await enter(home, 'submit');
    // A stream that never comes: the call stays open.
    await using stalled = await enter(home, 'gone', ['streams']);
    const running = stalled.call('report/submit', {
      name: 'a.json',
      stream: 1,
      size: 10,
      idempotencyKey: '0197f1a0-0000-4000-8000-000000000001',
    });
    await stalled.notification('$/credit');

    const { exitCode, stdout } = await home.airlock(['key', 'revoke', 'gone', '--json']);

    expect(exitCode).toBe(0);
    expect(documents(stdout)).toEqual([{ schemaVersion: 1, kid: 'gone', connections: 2 }]);
    expect(await running).toMatchObject({ error: { data: { code: 'unauthenticated', reason: 'key_revoked' } } });
    expect(await victim.notification('$/goaway')).toMatchObject({ params: { reason: 'key_revoked' } });
    await victim.closed;
    await stalled.closed;
    expect(await other.call('ping', {})).toHaveProperty('result');
    expect(existsSync(fileOf(home, 'gone'))).toBe(false);
    await expect(home.connect('gone')).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('revoke comes before a proof that was on its way', async () => {
    const { home } = shared;
    await home.airlock(['key', 'create', 'late', '--scope', 'admin']);
    const login = { kid: 'late', key: keyOf(home, 'late').key, endpoint: endpointOf(home), instance: 'default' };
    await using owner = await home.connect('local');
    await using raw = await connectRaw(endpointOf(home));
    const { nonces } = await raw.hello(login);

    await owner.call('key/revoke', { kid: 'late' });
    const answer = await raw.call('authenticate', { proof: prove('client', login, nonces), capabilities: [] });
    await raw.closed;

    expect(answer).toMatchObject({ error: { data: { code: 'unauthenticated' } } });
  });

  it('revoke refuses the key of the very call, the last one with admin, and one that is not there', async () => {
    const { home } = shared;
    await home.airlock(['key', 'create', 'boss', '--scope', 'admin']);

    const own = await home.airlock(['--key', 'boss', 'key', 'revoke', 'boss', '--json']);
    const nobody = await home.airlock(['key', 'revoke', 'nobody', '--json']);
    const forced = await home.airlock(['--key', 'boss', 'key', 'revoke', 'boss', '--force']);

    expect([own.exitCode, nobody.exitCode, forced.exitCode]).toEqual([65, 1, 0]);
    expect(errorOf(own.stdout)).toMatchObject({ code: 'request_failed', message: expect.stringContaining('force') });
    expect(errorOf(nobody.stdout)).toMatchObject({ code: 'not_found' });
    expect(existsSync(fileOf(home, 'boss'))).toBe(false);
  });

  it('rotate that is sent again under its idempotency key is done once, and answered as it was first', async () => {
    const { home } = shared;
    await home.airlock(['key', 'create', 'again', '--scope', 'read']);
    await using client = await home.connect('local');
    const idempotencyKey = '0197f1a0-0000-4000-8000-0000000000aa';

    const first = await client.call('key/rotate', { kid: 'again', idempotencyKey });
    const second = await client.call('key/rotate', { kid: 'again', idempotencyKey });
    const other = client.call('key/rotate', { kid: 'submit', idempotencyKey });

    await expect(other).rejects.toMatchObject({ code: 'conflict' });
    expect(second).toEqual(first);
    expect(first.kid).toBe('again-r2');
  });

  it('revoke ends a connection that never stops calling, and no call of it is run after the goaway', async () => {
    const { home } = shared;
    await home.airlock(['key', 'create', 'busy', '--scope', 'admin']);
    await using busy = await enter(home, 'busy');
    const results: number[] = [];
    const again = async (): Promise<void> => {
      const answer = await busy.call('key/list', {});
      if ('result' in answer) results.push(busy.arrivalOf(answer));
      return again();
    };
    // Each ends when the connection does.
    const callers = Promise.allSettled(Array.from({ length: 16 }, again));

    await home.airlock(['key', 'revoke', 'busy']);
    await callers;

    const goodbye = await busy.notification('$/goaway');
    expect(busy.isClosed).toBe(true);
    expect(results.length).toBeGreaterThan(0);
    expect(Math.max(...results)).toBeLessThan(busy.arrivalOf(goodbye));
  });

  it('rotate makes a new key beside the old one: both are valid, and the old one says until when', async () => {
    const { home } = shared;
    await home.airlock(['key', 'create', 'cell', '--scope', 'read', '--label', 'Zelle 4']);

    const { exitCode, stdout } = await home.airlock(['key', 'rotate', 'cell', '--keep', '2 h', '--json']);
    const again = await home.airlock(['key', 'rotate', 'cell', '--json']);
    await using before = await home.connect('cell');
    await using after = await home.connect('cell-r2');

    expect(exitCode).toBe(0);
    expect(documents(stdout)).toEqual([
      {
        schemaVersion: 1,
        kid: 'cell-r2',
        path: fileOf(home, 'cell-r2'),
        previous: { kid: 'cell', expiresAt: keyOf(home, 'cell').expires },
        connections: 0,
      },
    ]);
    expect(keyOf(home, 'cell-r2')).toMatchObject({ scopes: ['read'], label: 'Zelle 4' });
    expect([before.scopes, after.scopes]).toEqual([['read'], ['read']]);
    expect(errorOf(again.stdout)).toMatchObject({ code: 'request_failed' });
  });

  it('a rotated key is void when its time is over: its connection ends and its file goes', async () => {
    const { home } = shared;
    await home.airlock(['key', 'create', 'brief', '--scope', 'read']);
    await using client = await enter(home, 'brief');

    await home.airlock(['key', 'rotate', 'brief', '--keep', '1 s']);

    expect(await client.notification('$/goaway')).toMatchObject({ params: { reason: 'key_revoked' } });
    await client.closed;
    await expect(home.connect('brief')).rejects.toMatchObject({ code: 'unauthenticated' });
    await using after = await home.connect('brief-r2');
    expect(after.scopes).toEqual(['read']);
  });

  it('rotate gives local another secret at once and ends its connections, also that of the very call', async () => {
    const { home } = shared;
    const before = keyOf(home, 'local').key;
    await using old = await enter(home, 'local');

    const kept = await home.airlock(['key', 'rotate', 'local', '--keep', '1 h', '--json']);
    const { exitCode, stdout } = await home.airlock(['key', 'rotate', 'local', '--json']);
    const status = await home.airlock(['status', '--json']);

    expect(errorOf(kept.stdout)).toMatchObject({ code: 'invalid_params' });
    expect(exitCode).toBe(0);
    expect(documents(stdout)[0]).toMatchObject({ kid: 'local', previous: null });
    await old.closed;
    expect(keyOf(home, 'local').key).not.toBe(before);
    expect(lstatSync(fileOf(home, 'local')).mode & 0o777).toBe(0o600);
    expect(status.exitCode).toBe(0);
    await using stale = await connectRaw(endpointOf(home));
    const login = { kid: 'local', key: before, endpoint: endpointOf(home), instance: 'default' };
    const { answer, nonces } = await stale.hello(login);
    const refused = await stale.call('authenticate', { proof: prove('client', login, nonces), capabilities: [] });
    expect(answer['result'].proof).not.toBe(prove('server', login, nonces));
    expect(refused).toMatchObject({ error: { data: { code: 'unauthenticated' } } });
  });
});

describe('a key that is rotated again and again', () => {
  const shared = shareDaemon();

  it('keeps no client out: those that stay come back with the new key, and those that come get in', async () => {
    const { places } = shared.home;
    await using lasting = await connect({ places, env: {}, key: 'local' });
    const over = new AbortController();
    const comeAndGo = async (): Promise<number> => {
      let entered = 0;
      for (; !over.signal.aborted; entered += 1) {
        await using _client = await shared.home.connect('local');
      }
      return entered;
    };

    const others = Promise.all([comeAndGo(), comeAndGo(), comeAndGo()]);
    try {
      for (let turn = 0; turn < 25; turn += 1) {
        await using client = await shared.home.connect('local');
        await client.call('key/rotate', { kid: 'local' });
      }
    } finally {
      over.abort();
    }

    expect((await others).every((entered) => entered > 0)).toBe(true);
    expect(await lasting.call('ping', {})).toHaveProperty('bootId');
  });
});

describe('keys over a restart', () => {
  it('what was made stays, what was revoked stays away, and local is made anew', async () => {
    await using home = await makeTestHome();
    const first = await home.start();
    await home.airlock(['key', 'create', 'line-3', '--scope', 'submit']);
    await home.airlock(['key', 'revoke', 'submit']);
    const refused = await home.airlock(['key', 'revoke', 'local', '--json']);
    await home.airlock(['key', 'create', 'boss', '--scope', 'admin']);
    const before = keyOf(home, 'local').key;
    await home.airlock(['--key', 'boss', 'key', 'revoke', 'local']);
    await first.end('SIGKILL');
    const left = readdirSync(home.places.keys);

    await home.start();

    expect(errorOf(refused.stdout)).toMatchObject({ code: 'request_failed' });
    expect(left.toSorted()).toEqual(['boss.json', 'line-3.json']);
    const keys = documents((await home.airlock(['key', 'list', '--json'])).stdout).map(({ kid }) => kid);
    expect(keys).toEqual(['boss', 'line-3', 'local', 'submit']);
    expect(keyOf(home, 'local').key).not.toBe(before);
  });

  it('a file that is put into the folder by hand is seen at the next start', async () => {
    await using home = await makeTestHome();
    const first = await home.start();
    const text = readFileSync(fileOf(home, 'submit'), 'utf8').replace('"submit"', '"by-hand"');
    writeFileSync(fileOf(home, 'by-hand'), text, { mode: 0o600 });

    const before = await home.connect('by-hand').then(
      () => 'connected',
      (error: { code: string }) => error.code,
    );
    await first.end('SIGTERM');
    await home.start();
    await using client = await home.connect('by-hand');

    expect(before).toBe('unauthenticated');
    expect(client.scopes).toEqual(['submit']);
  });

  it('a key that expired while nothing ran is void and its file goes', async () => {
    await using home = await makeTestHome();
    const first = await home.start();
    await first.end('SIGTERM');
    const text = readFileSync(fileOf(home, 'submit'), 'utf8');
    writeFileSync(fileOf(home, 'submit'), text.replace('"v": 1', '"v": 1, "expires": "2026-01-01T00:00:00.000Z"'));
    chmodSync(fileOf(home, 'submit'), 0o600);

    await home.start();

    const keys = documents((await home.airlock(['key', 'list', '--json'])).stdout).map(({ kid }) => kid);
    expect(keys).toEqual(['local']);
    expect(existsSync(fileOf(home, 'submit'))).toBe(false);
  });
});
