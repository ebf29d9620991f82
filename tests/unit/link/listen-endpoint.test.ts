import { chmod, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { readDiscovery } from '../../../src/link/discovery.ts';
import { checkSocket, privateSocket, probeEndpoint } from '../../../src/link/endpoint.ts';
import { openEndpoint } from '../../../src/link/listen-endpoint.ts';
import { makeNodeIpcTransport } from '../../../src/link/transport.ts';
import type { WireEvents } from '../../../src/link/wire.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const transport = makeNodeIpcTransport({ clock: systemClock });
const uid = process.getuid?.() ?? 0;
const silent: WireEvents = { onBytes: () => undefined, onDrain: () => undefined, onClose: () => undefined };
const options = { maxConnections: 4, accept: () => silent, onError: () => undefined };

async function makePlace() {
  const folder = await makeTemporaryFolder();
  const run = join(folder.path, 'run');
  const endpoint = join(run, 'default.sock');
  const discovery = {
    endpoint,
    instance: 'default',
    pid: 1,
    bootId: 'boot',
    startedAt: '2026-01-02T00:00:00.000Z',
    version: '0.1.0',
  };
  return {
    run,
    endpoint,
    open: () => openEndpoint({ transport }, { run, discovery }, options),
    [Symbol.asyncDispose]: folder[Symbol.asyncDispose],
  };
}

/** Leave a socket behind as a daemon does that is killed: bound by a process that then dies. */
async function leaveStaleSocket(path: string): Promise<void> {
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', program]), 'exit');
}

describe('openEndpoint()', () => {
  it('listens on a private socket in a private folder and says where', async () => {
    await using place = await makePlace();

    await using opened = await place.open();

    expect(opened.endpoint).toBe(place.endpoint);
    expect((await lstat(place.run)).mode & 0o777).toBe(0o700);
    expect((await lstat(place.endpoint)).mode & 0o777).toBe(0o600);
    expect(await readDiscovery(place.run, 'default')).toMatchObject({
      endpoint: place.endpoint,
      protocol: { min: 1, max: 1 },
    });
  });

  it('removes a stale socket', async () => {
    await using place = await makePlace();
    await mkdir(place.run, { mode: 0o700 });
    await leaveStaleSocket(place.endpoint);
    const before = await probeEndpoint(transport, place.endpoint);

    await using _opened = await place.open();

    expect([before, await probeEndpoint(transport, place.endpoint)]).toEqual(['stale', 'alive']);
  });

  it('closes the listener also when the discovery file cannot be removed, and tells that it could not', async () => {
    await using place = await makePlace();
    const opened = await place.open();
    await rm(join(place.run, 'default.json'));
    await mkdir(join(place.run, 'default.json'));

    const closing = opened[Symbol.asyncDispose]();

    await expect(closing).rejects.toThrow();
    expect(await probeEndpoint(transport, place.endpoint)).not.toBe('alive');
  });

  it('never steals a live socket', async () => {
    await using place = await makePlace();
    await using _first = await place.open();

    await expect(place.open()).rejects.toMatchObject({ code: 'already_running' });

    expect(await probeEndpoint(transport, place.endpoint)).toBe('alive');
    expect(await readDiscovery(place.run, 'default')).not.toBe(null);
  });

  it('leaves alone what is no socket', async () => {
    await using place = await makePlace();
    await mkdir(place.run, { mode: 0o700 });
    await writeFile(place.endpoint, 'precious');

    await expect(place.open()).rejects.toMatchObject({ code: 'unavailable' });

    expect((await lstat(place.endpoint)).size).toBe(8);
  });

  it('refuses a runtime folder that others may enter', async () => {
    await using place = await makePlace();
    await mkdir(place.run);
    await chmod(place.run, 0o755);

    await expect(place.open()).rejects.toMatchObject({ code: 'unavailable', data: { reason: 'private_mode' } });
  });

  it('withdraws the discovery file and the socket, and leaves nothing behind', async () => {
    await using place = await makePlace();
    await using opened = await place.open();

    await opened.withdraw();
    await opened.withdraw();

    expect(await readdir(place.run)).toEqual([]);
  });

  it('closes the listener again when the discovery file cannot be written', async () => {
    await using place = await makePlace();
    await mkdir(join(place.run, 'default.json'), { recursive: true, mode: 0o700 });

    await expect(place.open()).rejects.toMatchObject({ code: 'cannot_write' });

    expect(await probeEndpoint(transport, place.endpoint)).toBe('absent');
  });
});

describe('openEndpoint() for groups', () => {
  it.each(['own', 'shared'])('that cannot write its %s discovery file leaves no other one behind', async (blocked) => {
    await using folder = await makeTemporaryFolder();
    const places = { own: join(folder.path, 'run'), shared: join(folder.path, 'shared') };
    const shared = { run: places.shared, uid, gid: process.getgid?.() ?? 0 };
    const place = blocked === 'own' ? places.own : places.shared;
    await mkdir(join(place, 'default.json'), { recursive: true, mode: 0o700 });
    const endpoint = join(places.shared, 'default.sock');
    const started = { endpoint, instance: 'default', pid: 1, bootId: 'boot', startedAt: '', version: '0.1.0' };

    const opening = openEndpoint({ transport }, { run: places.own, discovery: started, shared }, options);

    await expect(opening).rejects.toMatchObject({ code: 'cannot_write' });
    const left = await Promise.all([places.own, places.shared].map((run) => readdir(run)));
    expect(left.toSorted((a, b) => a.length - b.length)).toEqual([[], ['default.json']]);
    expect(left[blocked === 'own' ? 0 : 1]).toEqual(['default.json']);
  });
});

describe('probeEndpoint()', () => {
  it('calls a path with nothing absent, and a path with a file unknown', async () => {
    await using folder = await makeTemporaryFolder();
    const file = join(folder.path, 'file');
    await writeFile(file, '');

    const states = [
      await probeEndpoint(transport, join(folder.path, 'nothing')),
      await probeEndpoint(transport, join(file, 'below')),
      await probeEndpoint(transport, file),
    ];

    expect(states).toEqual(['absent', 'absent', 'unknown']);
  });
});

describe('checkSocket()', () => {
  async function openSocket() {
    const folder = await makeTemporaryFolder();
    const path = join(folder.path, 'test.sock');
    const server = createServer().listen(path);
    await once(server, 'listening');
    await chmod(path, 0o600);
    return {
      path,
      [Symbol.asyncDispose]: async () => {
        server.close();
        await folder[Symbol.asyncDispose]();
      },
    };
  }

  it('accepts a socket of this user alone', async () => {
    await using socket = await openSocket();

    await expect(checkSocket(socket.path, privateSocket(uid))).resolves.toBe(undefined);
  });

  it.each([0o660, 0o606, 0o700])('refuses mode %o', async (mode) => {
    await using socket = await openSocket();
    await chmod(socket.path, mode);

    await expect(checkSocket(socket.path, privateSocket(uid))).rejects.toMatchObject({
      data: { reason: 'private_mode' },
    });
  });

  it('refuses the socket of another user, a file, and nothing at all', async () => {
    await using socket = await openSocket();
    const file = `${socket.path}.txt`;
    await writeFile(file, '');

    await expect(checkSocket(socket.path, privateSocket(uid + 1))).rejects.toMatchObject({
      data: { reason: 'own_user' },
    });
    await expect(checkSocket(file, privateSocket(uid))).rejects.toMatchObject({ data: { reason: 'real_socket' } });
    await expect(checkSocket(`${file}.not`, privateSocket(uid))).rejects.toMatchObject({ code: 'not_running' });
  });
});
