import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { keepReports, submitLargeReport } from '../support/large-report.ts';
import { connectRaw, type RawClient, type RawMessage } from '../support/raw-client.ts';
import { loginOf } from '../support/standing.ts';

const END = 1;
const outcomeOf = ({ error }: RawMessage): unknown => error?.data.code ?? 'result';
const upload = (): object => ({ name: 's.bin', stream: 1, idempotencyKey: randomUUID() });

async function enter(home: TestHome, capabilities: readonly string[] = ['streams']): Promise<RawClient> {
  const login = loginOf(home);
  const client = await connectRaw(login.endpoint);
  await client.login(login, capabilities);
  return client;
}

/** A client in the middle of an upload. */
async function beginUpload(home: TestHome): Promise<RawClient> {
  const client = await enter(home);
  client.begin('up', 'report/submit', upload());
  await client.notification('$/credit');
  client.chunk(1, 'half of it, ');
  return client;
}

const incomingOf = (home: TestHome): readonly string[] =>
  readdirSync(path.join(home.places.state, 'queue', 'incoming'), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ name }) => name);

describe('the real daemon that is told to stop', () => {
  it('in the middle of an upload takes the rest, answers, and is gone; new calls are told to come back', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();
    await using client = await beginUpload(home);

    daemon.child.kill('SIGTERM');
    const { params } = await client.notification('$/goaway');
    const late = await client.call('submission/list');
    const ping = await client.call('ping');
    client.chunk(1, 'and the rest', END);

    expect((await client.answer('up'))['result']).toMatchObject({ bytes: 24, duplicate: false });
    await client.closed;
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
    expect(params).toMatchObject({
      reason: expect.any(String),
      retryAfterMs: expect.any(Number),
      bootId: expect.any(String),
    });
    expect(late['error'].data).toMatchObject({
      code: 'shutting_down',
      retryable: true,
      retryAfterMs: params.retryAfterMs,
    });
    expect(ping['result'].bootId).toBe(params.bootId);
  });

  it('cuts off no answer: calls, messages by the megabyte and streams that nobody has read yet come whole', async () => {
    await using home = await makeTestHome();
    await keepReports(home);
    const daemon = await home.start();
    const reportId = await submitLargeReport(home);
    await using plain = await enter(home, []);
    await using streaming = await enter(home);
    const heads = [];
    for (let one = 0; one < 8; one += 1) heads.push((await streaming.call('report/get', { reportId }))['result']);
    await using other = await enter(home);
    plain.socket.pause();
    streaming.socket.pause();
    for (let id = 1; id <= 30; id += 1) plain.begin(id, 'rpc/describe');
    for (const { stream, bytes } of heads) streaming.grant(stream, bytes);
    await other.call('ping');
    await other.call('ping');

    daemon.child.kill('SIGTERM');
    await other.notification('$/goaway');
    plain.socket.resume();
    streaming.socket.resume();
    await Promise.all([plain.closed, streaming.closed]);

    const answers = plain.messages.filter(({ id }) => typeof id === 'number').map(outcomeOf);
    expect(answers.length).toBe(30);
    expect(new Set(answers).has('result')).toBe(true);
    expect(new Set([...answers, 'result', 'shutting_down']).size).toBe(2);
    const bytesOf = (stream: number): number =>
      streaming.chunks.filter((chunk) => chunk.stream === stream).reduce((sum, { payload }) => sum + payload.length, 0);
    expect(heads.map(({ stream }) => bytesOf(stream))).toEqual(heads.map(({ bytes }) => bytes));
    expect(streaming.chunks.filter(({ flags }) => flags === END)).toHaveLength(8);
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
  });

  it('answers what still runs when its time is over, keeps nothing of it, and ends', async () => {
    await using home = await makeTestHome();
    await home.configure({ daemon: { drain: '300 ms' } });
    const daemon = await home.start();
    await using client = await beginUpload(home);

    daemon.child.kill('SIGTERM');
    const answer = await client.answer('up');
    await client.closed;

    expect(answer['error'].data).toMatchObject({
      code: 'server_cancelled',
      retryable: true,
      retryAfterMs: expect.any(Number),
    });
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
    expect(incomingOf(home)).toEqual([]);
  });

  it('twice ends at once, and what was not answered is not there', async () => {
    await using home = await makeTestHome();
    await home.configure({ daemon: { drain: '60 s' } });
    const daemon = await home.start();
    await using client = await beginUpload(home);
    daemon.child.kill('SIGTERM');
    await client.notification('$/goaway');

    const startMs = performance.now();
    daemon.child.kill('SIGINT');
    const { code } = await daemon.ended;

    expect(code).toBe(130);
    expect(performance.now() - startMs).toBeLessThan(30_000);
    await client.closed;
    await home.start();
    await using again = await enter(home);
    expect((await again.call('submission/list'))['result'].items).toEqual([]);
    await expect.poll(() => incomingOf(home)).toEqual([]);
  });
});
