import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { chunkFrame, connectRaw, frame, type RawClient, type RawMessage } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { LEAN, loginOf, settledStanding } from '../support/standing.ts';
import { expectUnharmed } from '../support/unharmed.ts';

const MIB = 1024 ** 2;
const END = 1;
const ABORT = 2;
const outcomeOf = ({ error }: RawMessage): unknown => error?.data.code ?? 'result';

describe('a stream to the real daemon', () => {
  const shared = shareDaemon({
    env: LEAN,
    argv: ['--set', 'sandbox.limits.input=4 MiB'],
    prepare: (home) => home.configure({ ipc: { rate: { submit: { perMinute: 0 } } } }),
  });

  async function enter(capabilities: readonly string[] = ['streams']): Promise<RawClient> {
    const login = loginOf(shared.home);
    const client = await connectRaw(login.endpoint);
    await client.login(login, capabilities);
    return client;
  }

  const upload = (more: object = {}): object => ({ name: 's.bin', stream: 1, idempotencyKey: randomUUID(), ...more });

  /** A connection with an upload that has its first credit. */
  async function begin(params = upload()): Promise<RawClient> {
    const client = await enter();
    client.begin('up', 'report/submit', params);
    expect((await client.notification('$/credit'))['params']).toEqual({ stream: 1, bytes: MIB });
    return client;
  }

  /** No body of an upload lies where uploads arrive, and no submission is being received. */
  async function expectNothingLeft(): Promise<void> {
    await using client = await enter();
    const incoming = path.join(shared.home.places.state, 'queue', 'incoming');
    await expect
      .poll(async () => {
        const { result } = await client.call('queue/stats');
        const files = readdirSync(incoming, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
        return [result.submissions.receiving, files.map(({ name }) => name)];
      })
      .toEqual([0, []]);
  }

  it.each([
    ['a byte over its credit', (client: RawClient) => client.write(Buffer.concat([...full(), chunkFrame(1, 'x')]))],
    ['a chunk of a stream that was never opened', (client: RawClient) => client.chunk(3, 'x')],
    ['a chunk of an even stream', (client: RawClient) => client.chunk(2, 'x')],
    ['END and ABORT at once', (client: RawClient) => client.chunk(1, 'x', END | ABORT)],
    ['a chunk over 64 KiB', (client: RawClient) => client.chunk(1, Buffer.alloc(65_537))],
  ])('with %s is closed without a word, and leaves nothing', async (_what, attack) => {
    await using client = await begin();

    attack(client);
    await client.closed;

    expect(client.messages).toEqual([]);
    await expectNothingLeft();
  });

  it('that sends before it has credit is closed', async () => {
    await using client = await enter();
    const begun = frame(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'report/submit', params: upload() }));

    client.write(Buffer.concat([begun, chunkFrame(1, 'x')]));
    await client.closed;

    await expectNothingLeft();
  });

  it('uses all of its credit to the byte', async () => {
    await using client = await begin();

    client.write(Buffer.concat([...full(), chunkFrame(1, '', END)]));

    expect((await client.answer('up'))['result']).toMatchObject({ bytes: MIB });
  });

  it.each([
    ['even', 2],
    ['zero', 0],
    ['over 32 bits', 2 ** 32 + 1],
    ['a fraction', 1.5],
    ['negative', -1],
    ['a text', '1'],
  ])('with a number that is %s is refused, and the connection stays', async (_what, stream) => {
    await using client = await enter();

    const answer = await client.call('report/submit', upload({ stream }));

    expect(outcomeOf(answer)).toBe('invalid_params');
    expect(outcomeOf(await client.call('ping'))).toBe('result');
  });

  it('with a number used before is refused, also while that one is open, which goes on', async () => {
    await using client = await begin();

    expect(outcomeOf(await client.call('report/submit', upload()))).toBe('invalid_params');
    client.chunk(1, 'of the first', END);
    expect((await client.answer('up'))['result']).toMatchObject({ bytes: 12 });

    expect(outcomeOf(await client.call('report/submit', upload()))).toBe('invalid_params');
    expect(outcomeOf(await client.call('ping'))).toBe('result');
  });

  it('named twice in one call is refused', async () => {
    await using client = await enter();
    const companions = [{ name: 'c.bin', stream: 1 }];

    expect(outcomeOf(await client.call('report/submit', upload({ companions })))).toBe('invalid_params');
    await expectNothingLeft();
  });

  it('of a peer that did not name the capability is refused, and its chunks close', async () => {
    await using client = await enter([]);

    expect(outcomeOf(await client.call('report/submit', upload()))).toBe('invalid_params');
    client.chunk(1, 'x');

    await client.closed;
  });

  it('broken off in the middle ends its call as cancelled, and what still comes is dropped', async () => {
    await using client = await begin();

    client.write(Buffer.concat([chunkFrame(1, 'half'), chunkFrame(1, 'why', ABORT), chunkFrame(1, 'late', END)]));

    expect(outcomeOf(await client.answer('up'))).toBe('cancelled');
    expect(outcomeOf(await client.call('ping'))).toBe('result');
    await expectNothingLeft();
  });

  it('drops what comes after its end', async () => {
    await using client = await begin();

    client.write(
      Buffer.concat([
        chunkFrame(1, 'all', END),
        chunkFrame(1, 'late'),
        chunkFrame(1, '', ABORT),
        chunkFrame(1, '', END),
      ]),
    );

    expect((await client.answer('up'))['result']).toMatchObject({ bytes: 3 });
    expect(outcomeOf(await client.call('ping'))).toBe('result');
  });

  it.each([
    ['it is too large as announced', { size: 5 * MIB }, 'too_large'],
    ['its name is none', { name: '' }, 'invalid_params'],
  ])('is over before it began when %s; what was on its way is dropped', async (_what, more, code) => {
    await using client = await enter();
    client.begin('up', 'report/submit', upload(more));

    client.chunk(1, '', END);

    expect(outcomeOf(await client.answer('up'))).toBe(code);
    client.chunk(1, '', ABORT);
    expect(outcomeOf(await client.call('ping'))).toBe('result');
  });

  it('may be answered before its end: more than is ever taken is refused while it still comes', async () => {
    await using client = await begin();
    let credit = MIB;

    const isAnswered = (): boolean => client.messages.some(({ id }) => id === 'up');
    for (let sent = 0; sent < 6 * MIB && !isAnswered(); sent += 65_536) {
      while (credit < 65_536 && !isAnswered()) {
        const granted = client.messages.findIndex(({ method }) => method === '$/credit');
        if (granted === -1) await new Promise((resolve) => setImmediate(resolve));
        else credit += client.messages.splice(granted, 1)[0]?.['params'].bytes;
      }
      if (isAnswered()) break;
      client.chunk(1, Buffer.alloc(65_536));
      credit -= 65_536;
    }

    expect(outcomeOf(await client.answer('up'))).toBe('too_large');
    expect(outcomeOf(await client.call('ping'))).toBe('result');
    await expectNothingLeft();
  });

  it('of a peer that goes in the middle leaves nothing, many times over', async () => {
    const before = await settledStanding(shared.home);

    for (let round = 0; round < 30; round += 1) {
      await using client = await begin();
      client.write(Buffer.concat(full().slice(0, 1 + (round % 15))));
      if (round % 2 === 0) client.socket.end();
      else client.socket.destroy();
      await client.closed;
    }

    await expectNothingLeft();
    await expectUnharmed(shared.home, before);
  });

  it('in single bytes and without any, by the ten thousand, costs no memory', async () => {
    const before = await settledStanding(shared.home);
    await using client = await begin();

    for (let one = 0; one < 100; one += 1) {
      client.write(Buffer.concat(Array.from({ length: 200 }, () => chunkFrame(1, ''))));
      client.write(Buffer.concat(Array.from({ length: 100 }, () => chunkFrame(1, 'x'))));
    }
    client.chunk(1, '', END);

    expect((await client.answer('up'))['result']).toMatchObject({ bytes: 10_000 });
    await client[Symbol.asyncDispose]();
    await expectUnharmed(shared.home, before);
  });
});

/** A whole window of 1 MiB. */
function full(): Buffer[] {
  return Array.from({ length: 16 }, () => chunkFrame(1, Buffer.alloc(65_536)));
}
