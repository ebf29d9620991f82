// The real server of src/server on a real socket in a temporary folder, with methods that tests steer.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { type IpcConfig, ipcSchema } from '../../src/config/schema/ipc.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { AirlockError } from '../../src/core/errors.ts';
import { makeEventBus } from '../../src/core/event-bus.ts';
import { toKeyId } from '../../src/core/ids.ts';
import { type LogFields, type Logger } from '../../src/core/logger.ts';
import type { Scope } from '../../src/core/scopes.ts';
import { Secret } from '../../src/core/secret.ts';
import { handleEventsSubscribe } from '../../src/handlers/events-subscribe.ts';
import { makeKeyRing } from '../../src/link/keys.ts';
import { openEndpoint } from '../../src/link/listen-endpoint.ts';
import { makeNodeIpcTransport } from '../../src/link/transport.ts';
import type { BoundMethod, CallContext } from '../../src/protocol/handler.ts';
import type { MethodSpec, ParamsOf } from '../../src/protocol/method-spec.ts';
import { eventsSubscribe } from '../../src/protocol/methods/events-subscribe.ts';
import { eventsUnsubscribe } from '../../src/protocol/methods/events-unsubscribe.ts';
import { ping } from '../../src/protocol/methods/ping.ts';
import { type Server, startServer } from '../../src/server/listen.ts';
import type { EventsSnapshot, HeldTopic, ServerChange } from '../../src/server/server-events.ts';
import { connectRaw, type RawClient, type RawLogin } from './raw-client.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** One line of the log. */
export type LoggedLine = { readonly level: string; readonly fields: LogFields; readonly message: string };

/** A call of `test/wait` that waits to be let go. */
export type WaitingCall = { readonly context: CallContext; readonly finish: (result: unknown) => void };

/** A running test server. */
export type TestServer = AsyncDisposable & {
  readonly server: Server;
  readonly endpoint: string;
  readonly run: string;
  readonly config: IpcConfig;
  readonly log: readonly LoggedLine[];
  /** What a client needs to log in: keys `local` (all scopes), `submit`, `read`. */
  readonly login: (kid: 'local' | 'submit' | 'read') => RawLogin;
  readonly connect: () => Promise<RawClient>;
  /** Connect and authenticate. */
  readonly enter: (kid?: 'local' | 'submit' | 'read', capabilities?: readonly string[]) => Promise<RawClient>;
  /** The next call of `test/wait` that has begun. */
  readonly begun: () => Promise<WaitingCall>;
  readonly publish: (change: ServerChange) => void;
  /** What the next snapshots say; called when they are asked for. */
  snapshot: () => Promise<EventsSnapshot>;
  /** State of the topics that the store does not count. */
  states: Partial<Record<HeldTopic, unknown>>;
};

/** Options of {@link startTestServer}. */
export type TestServerOptions = {
  readonly ipc?: z.input<typeof ipcSchema>;
  readonly clock?: Clock;
  /** Of the time-outs of the sockets alone. */
  readonly wireClock?: Clock;
};

const free = { sinceVersion: 1, scopes: [], rateClass: 'free' } as const satisfies Partial<MethodSpec>;
const anyParams = z.strictObject({ label: z.string().optional() });

function method(spec: MethodSpec, call: BoundMethod['call']): [string, BoundMethod] {
  return [spec.name, { spec, call }];
}

function collectLog(lines: LoggedLine[], bound: LogFields = {}): Logger {
  const write = (level: string) => (fields: LogFields, message: string) => {
    lines.push({ level, fields: { ...bound, ...fields }, message });
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => collectLog(lines, { ...bound, ...fields }),
  };
}

function makeWaitingRoom() {
  const ready: WaitingCall[] = [];
  const asked: ((call: WaitingCall) => void)[] = [];
  return {
    enter: (context: CallContext): Promise<unknown> =>
      new Promise((finish) => {
        const call = { context, finish };
        const next = asked.shift();
        if (next === undefined) ready.push(call);
        else next(call);
      }),
    begun: (): Promise<WaitingCall> =>
      new Promise((resolve) => {
        const call = ready.shift();
        if (call === undefined) asked.push(resolve);
        else resolve(call);
      }),
  };
}

function makeMethods(room: ReturnType<typeof makeWaitingRoom>): Map<string, BoundMethod> {
  return new Map([
    method(ping, () => Promise.resolve({ bootId: 'boot', uptimeMs: 1 })),
    method({ ...free, name: 'test/wait', params: anyParams, result: z.unknown() }, (_params, context) =>
      room.enter(context),
    ),
    method(
      {
        ...free,
        name: 'test/text',
        params: z.strictObject({ chars: z.int() }),
        result: z.object({ text: z.string() }),
      },
      (params) => Promise.resolve({ text: 'x'.repeat((params as { chars: number }).chars) }),
    ),
    method({ ...free, name: 'test/upload', params: z.looseObject({}), result: z.unknown() }, (_params, context) =>
      room.enter(context),
    ),
    method({ ...free, rateClass: 'calls', name: 'test/call', params: z.looseObject({}), result: z.object({}) }, () =>
      Promise.resolve({}),
    ),
    method(
      { ...free, rateClass: 'submit', name: 'test/submit', params: z.looseObject({}), result: z.object({}) },
      async (params, { uploads }) => {
        const { stream } = params as { stream?: number };
        if (stream === undefined) return {};
        const upload = uploads.open(stream);
        while ((await upload.read()) !== null);
        return {};
      },
    ),
    method(
      {
        ...free,
        largeResult: true,
        name: 'test/large',
        params: z.strictObject({ chars: z.int() }),
        result: z.object({ text: z.string() }),
      },
      (params) => Promise.resolve({ text: 'x'.repeat((params as { chars: number }).chars) }),
    ),
    method(
      {
        ...free,
        name: 'test/strict',
        params: z.strictObject({ count: z.int().max(9), name: z.string().optional() }),
        result: z.object({}),
      },
      () => Promise.resolve({}),
    ),
    method({ ...free, name: 'test/bug', params: z.strictObject({}), result: z.object({}) }, () =>
      Promise.reject(new Error('the secret is in /home/station')),
    ),
    method({ ...free, name: 'test/no-json', params: z.strictObject({}), result: z.unknown() }, () =>
      Promise.resolve({ n: 1n }),
    ),
    method({ ...free, name: 'test/wrong-result', params: z.strictObject({}), result: z.object({ n: z.int() }) }, () =>
      Promise.resolve({ n: 'not a number' }),
    ),
    method({ ...free, name: 'test/full', params: z.strictObject({}), result: z.object({}) }, () =>
      Promise.reject(
        new AirlockError('queue_full', 'Cannot take in: full', { data: { reason: 'count', retryAfterMs: 420 } }),
      ),
    ),
    method({ ...free, scopes: ['admin'], name: 'test/admin', params: z.strictObject({}), result: z.object({}) }, () =>
      Promise.resolve({}),
    ),
    method(eventsSubscribe, (params, context) =>
      handleEventsSubscribe({}, params as ParamsOf<typeof eventsSubscribe>, context),
    ),
    method(eventsUnsubscribe, async (params, { subscriptions }) => {
      if (subscriptions.close((params as { subscription: string }).subscription)) return {};
      throw new AirlockError('not_found', 'Cannot end subscription: this connection has no such subscription');
    }),
  ]);
}

function makeKeys() {
  const scopes: Record<'local' | 'submit' | 'read', Scope[]> = {
    local: ['submit', 'read', 'admin'],
    submit: ['submit'],
    read: ['read'],
  };
  const secrets = { local: randomBytes(32), submit: randomBytes(32), read: randomBytes(32) };
  const textOf = (kid: keyof typeof scopes) => secrets[kid].toString('base64url');
  const kids = ['local', 'submit', 'read'] as const;
  const ring = makeKeyRing(
    kids.map((kid) => ({ kid: toKeyId(kid), secret: new Secret(textOf(kid)), scopes: scopes[kid] })),
  );
  return { ring, textOf };
}

/** Start a server; disposal ends it and removes its folder. */
export async function startTestServer({
  ipc = {},
  clock = systemClock,
  wireClock = systemClock,
}: TestServerOptions = {}): Promise<TestServer> {
  const folder = await makeTemporaryFolder();
  const config = ipcSchema.parse(ipc);
  const endpoint = join(folder.path, 'default.sock');
  const log: LoggedLine[] = [];
  const keys = makeKeys();
  const room = makeWaitingRoom();
  const bus = makeEventBus<ServerChange>((error) => {
    throw error;
  });
  const discovery = { endpoint, instance: 'default', pid: 1, bootId: 'boot', startedAt: 'now', version: '0.0.0' };
  const server = await startServer(
    {
      clock,
      log: collectLog(log),
      open: (options) =>
        openEndpoint(
          { transport: makeNodeIpcTransport({ clock: wireClock }) },
          { run: folder.path, discovery },
          options,
        ),
      endpoint,
      instance: 'default',
      keys: keys.ring,
      methods: makeMethods(room),
      events: {
        source: bus,
        snapshot: () => self.snapshot(),
        watch: () => ({ refresh: () => Promise.resolve(), [Symbol.dispose]: () => undefined }),
        read: (topic) => self.states[topic],
      },
      random: randomBytes,
      bootId: 'boot',
      version: '0.0.0',
      reportLimitBytes: 1_000_000,
    },
    config,
  );
  const clients: RawClient[] = [];
  const login = (kid: 'local' | 'submit' | 'read'): RawLogin => ({
    kid,
    key: keys.textOf(kid),
    endpoint,
    instance: 'default',
  });
  async function connect(): Promise<RawClient> {
    const client = await connectRaw(endpoint);
    clients.push(client);
    return client;
  }
  const self: TestServer = {
    server,
    endpoint,
    run: folder.path,
    config,
    log,
    login,
    connect,
    enter: async (kid = 'local', capabilities = []) => {
      const client = await connect();
      const answer = await client.login(login(kid), capabilities);
      if (answer['result'] === undefined) throw new Error(`Cannot enter: ${JSON.stringify(answer)}`);
      return client;
    },
    begun: room.begun,
    publish: bus.publish,
    snapshot: () => Promise.resolve({ asOfChange: 0, topics: {} }),
    states: {},
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
  return self;
}
