// Events as a program of any language meets them: bytes on the socket of a real daemon.

import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EVENT_DATA, EVENT_TOPICS, type EventTopic } from '../../src/protocol/events.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, CONVERTERS_AUTO, writeOwnConverter } from '../support/e2e.ts';
import { connectRaw, type RawClient, type RawMessage } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { loginOf } from '../support/standing.ts';

const SLOW_SOURCE = `import { defineConverter } from 'airlock/converter';
export default defineConverter({ convert(input, reports, ctx) {
  const tells = input.name.startsWith('telling');
  let lines = 0;
  for (const line of input.lines()) {
    lines += 1;
    // A little work for each line: the file takes about a second.
    for (let turn = 0; turn < 5000; turn += 1) Math.sqrt(turn);
    if (tells && lines % 100 === 0) ctx.progress(lines / 4000);
  }
  const report = reports.start({ partNumber: 'P-1', serialNumber: input.stem, process: { code: 10 } });
  report.finish();
} });
`;

async function enter(home: TestHome, kid = 'local'): Promise<RawClient> {
  const login = loginOf(home, kid);
  const client = await connectRaw(login.endpoint);
  await client.login(login);
  return client;
}

async function submit(client: RawClient, name: string, content: string): Promise<string> {
  const answer = await client.call('report/submit', { name, content, idempotencyKey: randomUUID() });
  return answer['result'].submissionId;
}

const nextEvent = (client: RawClient, matches: (params: RawMessage) => boolean): Promise<RawMessage> =>
  client.next(({ method, params }) => method === 'event' && matches(params)).then(({ params }) => params);

/** Take the events of a subscription until one matches. */
async function take(client: RawClient, matches: (params: RawMessage) => boolean): Promise<readonly RawMessage[]> {
  const taken: RawMessage[] = [];
  for (;;) {
    const params = await nextEvent(client, () => true);
    taken.push(params);
    if (matches(params)) return taken;
  }
}

const isDelivered = ({ topic, data }: RawMessage): boolean => topic === 'report' && data.state === 'delivered';
const solid = ({ topic, data }: RawMessage) => JSON.stringify([topic, data]);

describe('events of a daemon', () => {
  const shared = shareDaemon();

  it('of every topic begin with its state by name, and have the shape of their topic', async () => {
    await using client = await enter(shared.home);

    const opened = (await client.call('events/subscribe', { topics: EVENT_TOPICS }))['result'];
    const { uptimeMs: _moves, ...status } = (await client.call('status/get'))['result'];
    await submit(client, 'r.json', canonicalReport('SN-every'));
    const events = await take(client, isDelivered);
    events.concat(await take(client, ({ topic }) => topic === 'status'));

    expect(Object.keys(opened.snapshot).toSorted()).toEqual([...EVENT_TOPICS].toSorted());
    expect(opened.snapshot).toMatchObject({
      status: { bootId: status.bootId, converters: status.converters, config: status.config },
      converter: (await client.call('converter/list'))['result'],
      config: { etag: null, state: 'defaults', findings: [] },
      progress: {},
      submission: { received: 0 },
      report: { ready: 0 },
    });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
    for (const { topic, data } of events) expect(EVENT_DATA[topic as EventTopic].safeParse(data).error).toBeUndefined();
  });

  it('tell the status when it changes, at most twice a second', async () => {
    await using client = await enter(shared.home);
    const { snapshot } = (await client.call('events/subscribe', { topics: ['status'] }))['result'];
    const before = snapshot.status.today.delivered;

    const began = performance.now();
    for (let n = 1; n <= 20; n += 1) await submit(client, 'r.json', canonicalReport(`SN-status-${n}`));
    const events = await take(client, ({ data }) => data.today.delivered === before + 20);

    expect(events.length).toBeLessThanOrEqual(2 + (performance.now() - began) / 500);
    expect(events.at(-1)?.['data']).toMatchObject({ state: 'ready', queue: { items: 0 } });
  });

  it('go on after a cut where they ended: as one who was never cut hears them', async () => {
    await using witness = await enter(shared.home);
    await using submitter = await enter(shared.home);
    const topics = ['submission', 'report'];
    await witness.call('events/subscribe', { topics });
    const heard: RawMessage[] = [];
    let since: { bootId: string; cursor: string } | undefined;

    for (let turn = 1; turn <= 5; turn += 1) {
      await using client = await enter(shared.home);
      const { result } = await client.call('events/subscribe', { topics, ...(since === undefined ? {} : { since }) });
      expect(result).toMatchObject({ resumed: turn > 1, seq: 0 });
      expect(result.snapshot === undefined).toBe(turn > 1);
      since = { bootId: result.bootId, cursor: result.cursor };
      await submit(submitter, 'r.json', canonicalReport(`SN-cut-${turn}`));
      // Cut in the middle of what follows, whatever it is.
      for (let one = 0; one < turn; one += 1) {
        const event = await nextEvent(client, () => true);
        heard.push(event);
        since = { ...since, cursor: event['cursor'] };
      }
    }
    await using last = await enter(shared.home);
    expect((await last.call('events/subscribe', { topics, since }))['result'].resumed).toBe(true);
    await submit(submitter, 'end.json', canonicalReport('SN-cut-end'));
    let ends = 0;
    const told = await take(witness, (event) => isDelivered(event) && (ends += 1) === 6);
    const isLast = (event: RawMessage): boolean => solid(event) === solid(told.at(-1) ?? {});
    heard.push(...(await take(last, isLast)));

    expect(heard.map(solid)).toEqual(told.map(solid));
  });

  it('tell a submit key of its own only, also what it missed, and nothing that needs read', async () => {
    await using own = await enter(shared.home, 'submit');
    await using other = await enter(shared.home);
    const topics = ['submission', 'report', 'progress'];
    const { bootId, cursor } = (await own.call('events/subscribe', { topics }))['result'];

    await submit(other, 'others.json', canonicalReport('SN-others'));
    await submit(own, 'own.json', canonicalReport('SN-own'));
    const live = await take(own, isDelivered);
    await using again = await enter(shared.home, 'submit');
    const { result } = await again.call('events/subscribe', { topics, since: { bootId, cursor } });
    const missed = await take(again, isDelivered);
    await using wide = await enter(shared.home);
    const widened = await wide.call('events/subscribe', { topics, since: { bootId, cursor } });

    expect(live.map(({ data }) => data.name ?? 'own.json')).not.toContain('others.json');
    expect(result.resumed).toBe(true);
    expect(missed.map(solid)).toEqual(live.map(solid));
    // What the submit key was not told lies before the cursor too: only a state can be right.
    expect(widened['result'].resumed).toBe(false);
    for (const topic of ['status', 'converter', 'config']) {
      expect((await own.call('events/subscribe', { topics: [topic] }))['error']).toMatchObject({
        code: -32_003,
        data: { code: 'forbidden', scope: 'read' },
      });
    }
  });

  it.each([
    ['no cursor', { cursor: '../../etc' }, { error: { code: -32_602, data: { code: 'invalid_params' } } }],
    ['one of the future', { cursor: (text: string) => `${text}99999` }, { result: { resumed: false } }],
    ['one of another run', { bootId: randomUUID() }, { result: { resumed: false } }],
  ])('with %s are refused or begin anew', async (_name, forged, expected) => {
    await using client = await enter(shared.home);
    const { bootId, cursor } = (await client.call('events/subscribe', { topics: ['submission'] }))['result'];
    const forge = (forged as { cursor?: string | ((text: string) => string) }).cursor ?? cursor;
    const since = { bootId, ...forged, cursor: typeof forge === 'function' ? forge(cursor) : forge };

    expect(await client.call('events/subscribe', { topics: ['submission'], since })).toMatchObject(expected);
  });
});

describe('events of a daemon that is started anew', () => {
  it('begin with a state: what was missed is not known any more', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();
    const before = await enter(home);
    const { bootId, cursor } = (await before.call('events/subscribe', { topics: ['submission', 'status'] }))['result'];
    await daemon.end('SIGKILL');
    await before.closed;

    await home.start();
    await using after = await enter(home);
    const { result } = await after.call('events/subscribe', {
      topics: ['submission', 'status'],
      since: { bootId, cursor },
    });

    expect(result).toMatchObject({ resumed: false, snapshot: { submission: { received: 0 } } });
    expect(result.bootId).not.toBe(bootId);
  });
});

describe('the progress of a conversion', () => {
  const shared = shareDaemon({
    prepare: async (home) => {
      await home.configure(CONVERTERS_AUTO);
      await writeOwnConverter(home, 'slow', { source: SLOW_SOURCE, extension: '.slow', manifest: { input: 'lines' } });
    },
  });

  it.each([
    ['telling.slow', (data: RawMessage) => data['message'] === undefined],
    ['silent.slow', (data: RawMessage) => /^\d+ of \d+ bytes read$/u.test(data['message'])],
  ])('%s is told between its first and its last state, a few times, and only upwards', async (name, isRight) => {
    await using client = await enter(shared.home);
    await client.call('events/subscribe', { topics: ['progress', 'submission'] });
    // Five pieces of a file, which a runner asks for one by one.
    const bytes = Buffer.from(`${'x'.repeat(149)}\n`.repeat(4000));

    const { submissionId } = await shared.client.call(
      'report/submit',
      { name, stream: 1, size: bytes.length, idempotencyKey: randomUUID() },
      { upload: new Map([[1, Readable.from([bytes])]]) },
    );
    const events = await take(client, ({ data }) => data.state === 'converted');

    const progress = events.filter(({ topic }) => topic === 'progress').map(({ data }) => data);
    const fractions = progress.map(({ fraction }) => fraction);
    expect(progress.length).toBeGreaterThan(0);
    expect(progress.every((data) => data.submissionId === submissionId)).toBe(true);
    expect(isRight(progress.at(-1))).toBe(true);
    expect(fractions).toEqual(fractions.toSorted((one, next) => one - next));
    expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
    expect(events[0]?.['data'].state).toBe('received');
    expect(events.at(-1)?.['topic']).toBe('submission');
  });
});
