// One call, one answer: whatever is cancelled, finished, repeated or closed in whatever order.

import { describe, expect, it } from 'vitest';
import { frame, type RawMessage } from '../support/raw-client.ts';
import { startTestServer, type TestServer, type WaitingCall } from '../support/test-server.ts';

const ROUNDS = 200;
const CALLS = 6;

const cancel = (id: unknown): string => JSON.stringify({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } });
const wait = (id: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, method: 'test/wait' });
const outcomeOf = ({ error }: RawMessage): unknown => error?.data.code ?? 'result';

/** Small, seeded, and good enough to shuffle. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Start calls 1 to `CALLS`, then do to each what chance says, glued or not. Answers how each was answered. */
async function race(test: TestServer, seed: number): Promise<readonly unknown[]> {
  const random = makeRandom(seed);
  const client = await test.enter();
  const running: WaitingCall[] = [];
  for (let id = 1; id <= CALLS; id += 1) {
    client.write(frame(wait(id)));
    running.push(await test.begun());
  }
  for (let step = 0; step < 4 * CALLS; step += 1) {
    const which = random(CALLS);
    const said = frame(cancel(which + 1));
    switch (random(4)) {
      case 0:
        client.write(said);
        break;
      case 1:
        client.write(Buffer.concat([said, said, frame(cancel('nobody'))]));
        break;
      case 2:
        running[which]?.finish(which);
        break;
      default:
        await client.call('ping');
    }
  }
  for (const one of running) one.finish('at the end');
  const answers = await Promise.all(running.map((_one, index) => client.answer(index + 1)));
  await client.call('ping');
  // Nothing but these answers came.
  expect(client.messages).toEqual([]);
  await client[Symbol.asyncDispose]();
  return answers.map(outcomeOf);
}

describe('a call', () => {
  it('is answered exactly once, by its result or as cancelled, in whatever order both come', async () => {
    await using test = await startTestServer();
    const seed = Number(process.env['AIRLOCK_TEST_SEED'] ?? Date.now() % 2 ** 31);
    const seen = new Set<unknown>();

    for (let round = 0; round < ROUNDS; round += 1) {
      try {
        for (const outcome of await race(test, seed + round)) seen.add(outcome);
      } catch (cause) {
        throw new Error(`round ${round} of seed ${seed} went wrong`, { cause });
      }
    }

    expect(seen).toEqual(new Set(['result', 'cancelled']));
    expect(test.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it.each([
    ['in one piece with it', (id: number) => [Buffer.concat([frame(wait(id)), frame(cancel(id))])]],
    ['right behind it', (id: number) => [frame(wait(id)), frame(cancel(id))]],
  ])('that is cancelled %s is answered cancelled before its code has ended', async (_how, pieces) => {
    await using test = await startTestServer();
    const client = await test.enter();

    for (const piece of pieces(1)) client.write(piece);

    expect(outcomeOf(await client.answer(1))).toBe('cancelled');
    const { context } = await test.begun();
    expect(context.signal.aborted).toBe(true);
  });

  it('that is cancelled before it was sent goes on: nothing is remembered of an id that is not there', async () => {
    await using test = await startTestServer();
    const client = await test.enter();

    client.write(Buffer.concat([frame(cancel(1)), frame(wait(1))]));
    (await test.begun()).finish('done');

    expect(await client.answer(1)).toMatchObject({ result: 'done' });
  });

  it('may use the id of one whose answer came, and a late end of that one answers nothing', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    client.write(frame(wait(1)));
    const first = await test.begun();
    client.write(frame(cancel(1)));
    expect(outcomeOf(await client.answer(1))).toBe('cancelled');
    client.write(frame(wait(1)));
    const second = await test.begun();

    first.finish('of the first');
    await client.call('ping');
    expect(client.messages).toEqual([]);
    second.finish('of the second');

    expect(await client.answer(1)).toMatchObject({ result: 'of the second' });
  });

  it('may have an id as text and one as number at the same time: they are two', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    client.write(Buffer.concat([frame(wait(1)), frame(wait('1'))]));
    const [asNumber, asText] = [await test.begun(), await test.begun()];

    client.write(frame(cancel('1')));
    expect(outcomeOf(await client.answer('1'))).toBe('cancelled');
    asText.finish(null);
    asNumber.finish('number');

    expect(await client.answer(1)).toMatchObject({ result: 'number' });
  });

  it('has its request id on every line that is logged for it, and on no other', async () => {
    await using test = await startTestServer();
    const client = await test.enter();
    client.write(Buffer.concat([frame(wait(1)), frame(wait(2))]));
    const calls = [await test.begun(), await test.begun()];

    for (const { context } of calls) {
      context.log.info({}, 'a line');
      context.log.child({ part: 'inner' }).warn({}, 'another');
      context.log.error({ err: new Error('x') }, 'and one more');
    }
    for (const { finish } of calls) finish(null);
    await client.call('test/bug');

    const lines = test.log.filter(({ message }) => ['a line', 'another', 'and one more'].includes(message));
    const ids = lines.map(({ fields }) => fields['requestId']);
    expect(ids).toEqual([0, 0, 0, 1, 1, 1].map((which) => calls[which]?.context.requestId));
    const bug = test.log.find(({ message }) => message === 'a call ended in an internal error');
    expect(bug?.fields['requestId']).toMatch(/^[\w-]{16}-\d+$/);
    expect([...ids, bug?.fields['requestId']].every((id) => typeof id === 'string')).toBe(true);
  });
});
