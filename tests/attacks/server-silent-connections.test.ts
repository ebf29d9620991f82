import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { connectRaw, type RawClient } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { goodClientMs, LEAN, loginOf, settledStanding } from '../support/standing.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { expectUnharmed } from '../support/unharmed.ts';

const SEATS = 8;

/** 64 sockets that never say a word and connect again as soon as they are closed. */
const STORM = `
  const { connect } = require('node:net');
  function go() {
    const socket = connect(process.argv[1]);
    socket.on('error', () => {});
    socket.on('connect', () => process.stdout.write('.'));
    socket.on('close', () => setImmediate(go));
  }
  for (let one = 0; one < 64; one += 1) go();
`;

/** Start the storm in a process of its own; answers once all of its sockets have been in. */
async function startStorm(endpoint: string): Promise<AsyncDisposable> {
  const storm = spawn(process.execPath, ['-e', STORM, endpoint], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(storm, 'exit');
  let connected = 0;
  await new Promise<void>((resolve) => {
    storm.stdout.on('data', (dots: Buffer) => {
      connected += dots.length;
      if (connected >= 64) resolve();
    });
  });
  return {
    [Symbol.asyncDispose]: async () => {
      storm.kill('SIGKILL');
      await ended;
    },
  };
}

/** Resolves as soon as no more than so many of them are open. */
function untilOpen(clients: readonly RawClient[], count: number): Promise<void> {
  let open = clients.length;
  return new Promise((resolve) => {
    for (const { closed } of clients) {
      void closed.then(() => {
        open -= 1;
        if (open <= count) resolve();
      });
    }
  });
}

const evictions = ({ log }: TestServer): number =>
  log.filter(({ fields }) => fields['reason'] === 'its seat was needed').length;

describe('200 connections of which 190 are silent', () => {
  it('do not keep a good client out, nor hold more than the seats', async () => {
    await using test = await startTestServer({ ipc: { preAuth: { timeout: '30 s' } } });
    const silent = await Promise.all(Array.from({ length: 190 }, () => test.connect()));
    const good = [];

    for (let one = 1; one <= 10; one += 1) good.push(await test.enter(one % 2 === 0 ? 'local' : 'submit'));

    expect(await Promise.all(good.map((client) => client.call('ping')))).toHaveLength(10);
    expect(test.server.connections()).toBe(10);
    await untilOpen(silent, SEATS);
    // One that greets takes the seat of one that stays silent, for a moment.
    expect(evictions(test)).toBeGreaterThanOrEqual(190 - SEATS);
    expect(good.filter(({ isClosed }) => isClosed)).toEqual([]);
  });

  it('do not keep a good client out while new ones keep coming', async () => {
    await using test = await startTestServer();
    const over = new AbortController();
    const flood = async (): Promise<void> => {
      while (!over.signal.aborted) await test.connect();
    };
    const floods = [flood(), flood(), flood(), flood()];

    const client = await test.enter();
    over.abort();
    await Promise.all(floods);

    expect(await client.call('ping')).toMatchObject({ result: { bootId: 'boot' } });
  });
});

describe('200 connections to the real daemon of which 190 are silent', () => {
  const shared = shareDaemon({
    env: LEAN,
    prepare: (home) => home.configure({ ipc: { preAuth: { timeout: '30 s' } } }),
  });

  it.each([
    ['say nothing', ''],
    ['have said a hello', 'hello'],
    ['have begun a frame', 'frame'],
  ])('that %s keep no good client waiting for 100 ms, and nothing is left of them', async (_what, said) => {
    const login = loginOf(shared.home);
    const before = await settledStanding(shared.home);
    await using stack = new AsyncDisposableStack();
    const silent = await Promise.all(Array.from({ length: 190 }, () => connectRaw(login.endpoint)));
    for (const client of silent) {
      stack.use(client);
      if (said === 'frame') client.write(Buffer.from([0, 0, 1, 0, 0x7b]));
      if (said === 'hello') void client.hello(login).catch(() => undefined);
    }

    const [owner, instrument] = [await goodClientMs(login), await goodClientMs(loginOf(shared.home, 'submit'))];

    expect(Math.max(owner, instrument)).toBeLessThan(100);
    await untilOpen(silent, SEATS);
    await stack.disposeAsync();
    await expectUnharmed(shared.home, before);
  });

  it('lets an admin in while all places that others may have are taken', async () => {
    const { connections, adminReserve } = { connections: 8, adminReserve: 2 };
    await using home = await makeTestHome();
    await home.configure({ ipc: { connections, adminReserve, perKey: 8 } });
    await home.start();
    await using stack = new AsyncDisposableStack();
    const enter = async (kid: string): Promise<unknown> => {
      const login = loginOf(home, kid);
      const client = stack.use(await connectRaw(login.endpoint));
      const { error } = await client.login(login);
      return error?.data ?? 'in';
    };
    const others = [];
    for (let one = 1; one <= connections - adminReserve; one += 1) others.push(await enter('submit'));

    const refusal = { code: 'too_many_connections', retryable: true, reason: 'connections', limit: 6 };
    expect(new Set(others)).toEqual(new Set(['in']));
    expect(await enter('submit')).toMatchObject(refusal);
    expect([await enter('local'), await enter('local')]).toEqual(['in', 'in']);
    expect(await enter('local')).toMatchObject({ ...refusal, limit: 8 });
  });
});

describe('64 silent sockets that connect again as soon as they are closed', () => {
  it('keep none of 40 good clients out of the daemon', async () => {
    await using home = await makeTestHome();
    await home.start();
    const { endpoint, instance } = JSON.parse(await readFile(join(home.places.run, 'default.json'), 'utf8'));
    const { key, kid } = JSON.parse(await readFile(join(home.places.keys, 'local.json'), 'utf8'));
    await using _storm = await startStorm(endpoint);
    let refused = 0;

    for (let one = 1; one <= 40; one += 1) {
      await using client = await connectRaw(endpoint);
      await client.login({ kid, key, endpoint, instance }).catch(() => (refused += 1));
    }

    expect(refused).toBe(0);
  }, 60_000);

  it('do not take the seat of one that has said hello', async () => {
    await using test = await startTestServer({ ipc: { preAuth: { timeout: '30 s' } } });
    const client = await test.connect();
    const { answer } = await client.hello(test.login('local'));
    const evicted = evictions(test);
    await using _storm = await startStorm(test.endpoint);

    while (evictions(test) < evicted + 200) await (await test.connect()).closed;

    expect(answer['result']).toBeDefined();
    expect(client.isClosed).toBe(false);
  }, 60_000);
});
