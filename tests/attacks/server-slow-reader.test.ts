import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../src/core/ids.ts';
import { keepReports, submitLargeReport } from '../support/large-report.ts';
import { connectRaw } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { LEAN, loginOf, settledStanding, standingOf } from '../support/standing.ts';
import { startTestServer } from '../support/test-server.ts';
import { expectUnharmed } from '../support/unharmed.ts';

const MIB = 1024 ** 2;

describe('a subscriber that never reads', () => {
  it('is told once what was left out, in order and without a gap, memory stays bounded, and others are served', async () => {
    await using test = await startTestServer();
    const slow = await test.enter('read');
    await slow.call('events/subscribe', { topics: ['submission'] });
    const good = await test.enter('read');
    slow.socket.pause();
    const before = process.memoryUsage().rss;
    const data = { text: 'x'.repeat(10_000) };

    for (let changeSeq = 1; changeSeq <= 20_000; changeSeq += 1) {
      test.publish({ changeSeq, kid: toKeyId('local'), topic: 'submission', data });
      if (changeSeq % 500 === 0) await good.call('ping');
    }

    // 200 MB were told; without the limit all of them would wait here.
    expect(process.memoryUsage().rss - before).toBeLessThan(120 * MIB);
    slow.socket.resume();
    const lagged = (await slow.notification('event/lagged'))['params'];
    test.publish({ changeSeq: 20_001, kid: toKeyId('local'), topic: 'submission', data: null });
    await slow.next((message) => message['params']?.seq === 20_001);
    const seqs = slow.messages.filter(({ method }) => method === 'event').map(({ params }) => params.seq);
    expect(seqs).toEqual(Array.from({ length: lagged.from - 1 }, (_none, index) => index + 1));
    expect(lagged.to).toBe(20_000);
    // The pause begins at 1 MiB, which is about a hundred events, and the kernel holds some more.
    expect(seqs.length).toBeLessThan(400);
  });
});

describe('a caller that does not read its answers', () => {
  it('is not heard any more until it reads, and then gets every answer', async () => {
    await using test = await startTestServer();
    const slow = await test.enter();
    slow.socket.pause();
    const calls = 400;
    // 8 KiB a request, so that one read of the server holds 8 of them: 20 MB of answers, were it to read on.
    const params = { chars: 50_000, _meta: { pad: 'x'.repeat(8000) } };

    for (let id = 1; id <= calls; id += 1) slow.send({ jsonrpc: '2.0', id, method: 'test/text', params });
    const good = await test.enter();
    for (let one = 1; one <= 50; one += 1) await good.call('ping');
    slow.socket.resume();

    const answers = await Promise.all(Array.from({ length: calls }, (_none, index) => slow.answer(index + 1)));
    expect(answers.filter(({ result }) => result?.text.length === 50_000)).toHaveLength(calls);
    expect(test.log.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});

describe('a client of the real daemon that never reads', () => {
  const shared = shareDaemon({
    env: LEAN,
    prepare: (home) => keepReports(home, { ipc: { rate: { submit: { perMinute: 0 } } } }),
  });

  it('while events, answers and large results are due costs no memory, and nobody else waits', async () => {
    const login = loginOf(shared.home);
    const reportId = await submitLargeReport(shared.home);
    await using good = await connectRaw(login.endpoint);
    await good.login(login);
    const before = await settledStanding(shared.home);
    await using slow = await connectRaw(login.endpoint);
    await slow.login(login, ['streams']);
    await slow.call('events/subscribe', { topics: ['submission', 'report', 'status'] });
    const heads = [];
    for (let one = 0; one < 8; one += 1) heads.push((await slow.call('report/get', { reportId }))['result']);
    slow.socket.pause();
    for (const { stream, bytes } of heads) slow.grant(stream, bytes);
    const params = { _meta: { pad: 'x'.repeat(2_000) } };
    for (let id = 1; id <= 3_000; id += 1) slow.begin(id, id % 3 === 0 ? 'rpc/describe' : 'status/get', params);
    const waitsMs: number[] = [];
    let most = 0;

    for (let one = 1; one <= 300; one += 1) {
      const idempotencyKey = `00000000-0000-4000-8000-${String(one).padStart(12, '0')}`;
      await good.call('report/submit', { name: 'a.none', content: `slow ${one}`, idempotencyKey });
      const startMs = performance.now();
      await good.call('ping');
      waitsMs.push(performance.now() - startMs);
      most = Math.max(most, standingOf(shared.home)?.rssBytes ?? 0);
    }

    // 8 MiB may wait for it before it is closed, and its results are held until it fetches them.
    expect(most - (before?.rssBytes ?? 0)).toBeLessThan(40 * MIB);
    // All but a few: this machine has other things to do.
    expect(waitsMs.toSorted((a, b) => a - b)[Math.floor(waitsMs.length * 0.95)]).toBeLessThan(100);
    await slow[Symbol.asyncDispose]();
    await expectUnharmed(shared.home, before);
  });
});
