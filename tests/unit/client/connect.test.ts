import { chmod, rm, writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import { writeNotification, writeRequest } from '../../../src/link/json-rpc.ts';
import { openTestServer } from '../../support/link-server.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

describe('connect()', () => {
  it('finds the daemon, proves both sides and tells what the key may do', async () => {
    await using server = await openTestServer();

    await using client = await connect(server.options);

    expect({
      session: client.session,
      scopes: client.scopes,
      methods: client.methods,
      bootId: client.server.bootId,
    }).toEqual({
      session: 's1',
      scopes: ['submit', 'read', 'admin'],
      methods: ['ping'],
      bootId: 'boot',
    });
    expect(client.limits.jsonFrame).toBe(262_144);
  });

  it('takes home and key from the environment', async () => {
    await using server = await openTestServer();

    await using client = await connect({ env: { AIRLOCK_HOME: server.home, AIRLOCK_KEY: 'submit' } });

    expect(client.scopes).toEqual(['submit']);
  });

  it('refuses an endpoint that is a relative path', async () => {
    await expect(connect({ env: { AIRLOCK_ENDPOINT: 'run/default.sock' } })).rejects.toMatchObject({ code: 'usage' });
  });

  it('takes the endpoint from the environment, also without a discovery file', async () => {
    await using server = await openTestServer();
    await rm(join(server.places.run, 'default.json'));

    await using client = await connect({ ...server.options, env: { AIRLOCK_ENDPOINT: server.endpoint } });

    expect(client.session).toBe('s1');
  });

  it.each([
    ['does not hold the key', { knowsKeys: false }],
    ['is of another instance', { proves: { instance: 'other' } }],
    ['listens elsewhere, as behind a relay', { proves: { endpoint: '/run/real.sock' } }],
  ])('hangs up on a server that %s, having said nothing but a nonce', async (_, behaviour) => {
    await using server = await openTestServer(behaviour);

    await expect(connect(server.options)).rejects.toMatchObject({ code: 'unauthenticated' });

    expect(server.received).toEqual([
      {
        kind: 'request',
        id: 1,
        method: 'hello',
        params: {
          protocol: { min: 1, max: 1 },
          kid: 'local',
          nonce: expect.stringMatching(/^[\w-]{43}$/),
          client: { name: 'test', version: '1' },
        },
      },
    ]);
  });

  it('says not_running when there is no runtime folder, no discovery file, and no listener', async () => {
    await using folder = await makeTemporaryFolder();
    await using server = await openTestServer();
    const empty = {
      places: { run: join(folder.path, 'run'), keys: folder.path, instance: server.places.instance },
      env: {},
    };
    const codes: unknown[] = [];
    const attempt = async (options: Parameters<typeof connect>[0]): Promise<void> => {
      codes.push(
        await connect(options).catch((error: unknown) => (error instanceof AirlockError ? error.code : error)),
      );
    };

    await attempt(empty);
    await attempt({ ...empty, places: { ...empty.places, run: folder.path } });
    await server.opened.withdraw();
    await attempt({ ...server.options, endpoint: server.endpoint });

    expect(codes).toEqual(['not_running', 'not_running', 'not_running']);
  });

  it.each([
    ['runtime folder', 0o750, (server: { places: { run: string } }) => server.places.run],
    ['socket', 0o666, (server: { endpoint: string }) => server.endpoint],
    ['key file', 0o644, (server: { places: { keys: string } }) => join(server.places.keys, 'local.json')],
  ])('refuses a %s that others may use, before anything connects', async (_, mode, pathOf) => {
    await using server = await openTestServer();
    await chmod(pathOf(server), mode);

    await expect(connect(server.options)).rejects.toMatchObject({
      code: 'unavailable',
      data: { reason: 'private_mode' },
    });

    expect(server.received).toEqual([]);
  });

  it('says unavailable when the server hangs up during the handshake', async () => {
    await using server = await openTestServer({ onConnect: ({ wire }) => wire.destroy() });

    await expect(connect(server.options)).rejects.toMatchObject({
      code: 'unavailable',
      data: { reason: 'connection_lost' },
    });
  });

  it('gives up on a silent server when its time is over, still having said nothing but a nonce', async () => {
    const gone = Promise.withResolvers<void>();
    await using server = await openTestServer({ onConnect: () => undefined, onClose: gone.resolve });

    await expect(connect({ ...server.options, timeoutMs: 30 })).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await gone.promise;

    expect(server.received).toMatchObject([{ kind: 'request', method: 'hello' }]);
  });

  it('rejects with the reason of its signal', async () => {
    await using server = await openTestServer({ onConnect: () => undefined });
    const reason = new Error('enough');

    await expect(connect({ ...server.options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it.each([
    [4096, 'unauthenticated'],
    [4097, 'unavailable'],
  ])('reads at most 4 KiB of an answer to hello: %i bytes end as %s', async (size, code) => {
    const empty = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { pad: '' } });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { pad: 'x'.repeat(size - empty.length) } });
    await using server = await openTestServer({ onConnect: (peer) => peer.send(body) });

    await expect(connect(server.options)).rejects.toMatchObject({ code });
  });

  it('passes on why the server refused', async () => {
    await using server = await openTestServer({
      onConnect: (peer) => peer.fail(1, new AirlockError('too_many_connections', 'Cannot connect: no seat is free')),
    });

    await expect(connect(server.options)).rejects.toMatchObject({ code: 'too_many_connections' });
  });

  it('takes messages that come in one piece with the answer to authenticate', async () => {
    const afterAuthenticate = [1, 2, 3, 4].map((id) => writeRequest(`s${id}`, 'ping', {}));
    await using server = await openTestServer({
      afterAuthenticate: [...afterAuthenticate, writeNotification('$/new', {})],
    });

    await using client = await connect(server.options);
    await client[Symbol.asyncDispose]();

    expect((await client.closed).code).toBe('cancelled');
  });

  it('refuses an instance name that is none', async () => {
    await expect(connect({ instance: '../x', env: {} })).rejects.toMatchObject({ code: 'usage' });
  });

  it('never hands out an error of the socket itself', async () => {
    await using folder = await makeTemporaryFolder();
    const endpoint = join(folder.path, 'no.sock');
    await writeFile(endpoint, '');
    const raw = connectSocket(endpoint).on('error', () => undefined);

    await expect(connect({ env: {}, home: folder.path, endpoint })).rejects.toBeInstanceOf(AirlockError);

    raw.destroy();
  });
});
