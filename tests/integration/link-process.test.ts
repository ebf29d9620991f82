import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { systemClock } from '../../src/core/clock.ts';
import { toInstanceName } from '../../src/core/ids.ts';
import { readDiscovery } from '../../src/link/discovery.ts';
import { probeEndpoint } from '../../src/link/endpoint.ts';
import { openEndpoint } from '../../src/link/listen-endpoint.ts';
import { makeNodeIpcTransport } from '../../src/link/transport.ts';

const program = resolve(import.meta.dirname, '../support/link-server-main.ts');
const transport = makeNodeIpcTransport({ clock: systemClock });

type Told = {
  readonly places: { readonly run: string; readonly keys: string };
  readonly endpoint: string;
  readonly home: string;
};

function isTold(value: unknown): value is Told {
  return typeof value === 'object' && value !== null && 'places' in value && 'endpoint' in value && 'home' in value;
}

async function startServerProcess() {
  const child: ChildProcess = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error('Cannot read the server process: it has no output');
  const [line] = await once(createInterface(child.stdout), 'line');
  const told: unknown = JSON.parse(String(line));
  if (!isTold(told)) throw new Error('Cannot read the server process: its line is no announcement');
  const { home, endpoint } = told;
  const places = { ...told.places, instance: toInstanceName('default') };
  const exited = once(child, 'exit');
  return {
    endpoint,
    places,
    options: { places, env: {}, reconnect: false },
    kill: async (): Promise<void> => {
      child.kill('SIGKILL');
      await exited;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
      await rm(home, { recursive: true, force: true });
    },
  };
}

describe('a server process that is killed', () => {
  it('fails the calls that wait as unavailable, and the next connect as not_running', async () => {
    await using server = await startServerProcess();
    await using client = await connect(server.options);
    const waiting = client.call('queue/stats', {});
    waiting.catch(() => undefined);
    await client.call('ping', {});

    await server.kill();

    await expect(waiting).rejects.toMatchObject({ code: 'unavailable', data: { reason: 'connection_lost' } });
    await expect(connect(server.options)).rejects.toMatchObject({ code: 'not_running' });
  });

  it('leaves a stale socket and discovery file that the next start replaces', async () => {
    await using server = await startServerProcess();
    await server.kill();
    const left = await probeEndpoint(transport, server.endpoint);
    const silent = { onBytes: () => undefined, onDrain: () => undefined, onClose: () => undefined };
    const discovery = {
      endpoint: server.endpoint,
      instance: 'default',
      pid: 1,
      bootId: 'next',
      startedAt: '',
      version: '',
    };

    await using _next = await openEndpoint(
      { transport },
      { run: dirname(server.endpoint), discovery },
      { maxConnections: 4, accept: () => silent, onError: () => undefined },
    );

    expect([left, await probeEndpoint(transport, server.endpoint)]).toEqual(['stale', 'alive']);
    expect((await readDiscovery(server.places.run, 'default'))?.bootId).toBe('next');
  });
});

describe('a client process', () => {
  it('ends by itself once its connection is closed: nothing is left that holds it', async () => {
    await using server = await startServerProcess();
    const source = `
      import { connect } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/index.ts'))};
      await using client = await connect();
      process.stdout.write((await client.call('ping', {})).bootId);
    `;
    const env = { ...process.env, AIRLOCK_HOME: dirname(server.places.run) };
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = child.stdout.setEncoding('utf8').toArray();

    const [code] = await once(child, 'exit');

    expect([code, (await output).join('')]).toEqual([0, 'boot']);
  });

  it('lives on while its daemon is gone, until it is disposed of', async () => {
    await using server = await startServerProcess();
    const source = `
      import { connect } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/index.ts'))};
      const client = await connect({ onState: async ({ kind, attempt }) => {
        process.stdout.write(kind + ' ');
        if (attempt === 2) await client[Symbol.asyncDispose]();
      } });
      await client.call('ping', {});
      process.stdout.write('up ');
    `;
    const env = { ...process.env, AIRLOCK_HOME: dirname(server.places.run) };
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const lines = child.stdout.setEncoding('utf8');
    const [first] = await once(lines, 'data');
    const rest = lines.toArray();

    await server.kill();
    const [code] = await exited;

    expect([code, String(first) + (await rest).join('')]).toEqual([0, 'up reconnecting reconnecting ended ']);
  });
});
