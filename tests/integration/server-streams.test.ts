import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { UploadStream } from '../../src/protocol/handler.ts';
import type { RawClient } from '../support/raw-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;
const END = 1;
const ABORT = 2;

/** A connection with streams, and a call of `test/upload` that has opened its streams. */
async function openUpload(test: TestServer, params: Record<string, unknown> = { stream: 1 }, id = 'up') {
  const client = await test.enter('local', ['streams']);
  client.begin(id, 'test/upload', params);
  const call = await test.begun();
  return { client, ...call, open: (stream: number): UploadStream => call.context.uploads.open(stream) };
}

async function creditOf(client: RawClient): Promise<{ stream: number; bytes: number }> {
  return (await client.notification('$/credit'))['params'];
}

describe('an upload stream', () => {
  it('tells how far it is by the token of its call, for the last time before the answer', async () => {
    await using test = await startTestServer();
    const { client, open, finish } = await openUpload(test, { stream: 1, workDoneToken: 7 });
    const progress = async (): Promise<unknown> => (await client.notification('$/progress'))['params'];
    const read = open(1).read();
    await creditOf(client);

    client.chunk(1, 'abc', END);
    const begin = await progress();
    await read;
    finish({});
    const end = await progress();
    await client.answer('up');

    const value = (kind: string) => ({ token: 7, value: { kind, message: '3 bytes received' } });
    expect([begin, end]).toEqual([value('begin'), value('end')]);
  });

  it('gets a window of credit when it is first read, and half a window more once that was taken', async () => {
    await using test = await startTestServer();
    const { client, open, finish } = await openUpload(test);
    const stream = open(1);

    let taken = stream.read();
    expect(await creditOf(client)).toEqual({ stream: 1, bytes: MIB });
    for (let sent = 0; sent < MIB; sent += 65_536) client.chunk(1, Buffer.alloc(65_536));
    let bytes = 0;
    while (bytes < MIB / 2) {
      bytes += (await taken)?.byteLength ?? 0;
      taken = stream.read();
    }
    expect(await creditOf(client)).toEqual({ stream: 1, bytes });

    finish({});
    await client.answer('up');
  });

  it('gives what came in order, and ends with END, with payload or alone', async () => {
    await using test = await startTestServer();
    const { client, open, finish } = await openUpload(test, { stream: 1, companions: [{ stream: 3 }] });
    const [main, companion] = [open(1), open(3)];
    const read = async (stream: UploadStream): Promise<string> => {
      let text = '';
      for (let piece = await stream.read(); piece !== null; piece = await stream.read()) text += String(piece);
      return text;
    };

    const first = read(main);
    await creditOf(client);
    client.chunk(1, 'ab');
    client.chunk(1, 'c', END);
    expect(await first).toBe('abc');
    const second = read(companion);
    await creditOf(client);
    client.chunk(3, 'd');
    client.chunk(3, '', END);
    expect(await second).toBe('d');

    finish({});
    expect(await client.answer('up')).toMatchObject({ result: {} });
  });

  it('may be ended before it has any credit', async () => {
    await using test = await startTestServer();
    const { client, open, finish } = await openUpload(test);
    client.chunk(1, '', END);

    expect(await open(1).read()).toBeNull();

    finish({});
    await client.answer('up');
  });

  it.each([
    [MIB, false],
    [MIB + 1, true],
  ])('with a credit of 1 MiB that sends %i bytes is a fault: %s', async (size, isFault) => {
    await using test = await startTestServer();
    const { client, open, finish } = await openUpload(test);
    const reading = open(1).read();
    await creditOf(client);

    for (let left = size; left > 0; left -= 65_536) client.chunk(1, Buffer.alloc(Math.min(left, 65_536)));
    await reading.catch(() => null);
    if (isFault) await client.closed;
    else expect(await client.call('ping')).toMatchObject({ result: {} });

    expect(client.isClosed).toBe(isFault);
    finish({});
  });

  it.each([
    [['streams'], 'a chunk of a stream that was never opened'],
    [[], 'Cannot read frame: this peer may not send chunks'],
  ])('that was never opened, of a peer with the capabilities %j, is a fault: %s', async (capabilities, reason) => {
    await using test = await startTestServer();
    const client = await test.enter('local', capabilities);

    client.chunk(1, 'x');

    await client.closed;
    const cuts = test.log.filter(({ message }) => message === 'connection is cut');
    expect(cuts.map(({ fields }) => fields['reason'])).toEqual([reason]);
  });

  it('that was opened is none: its peer stays', async () => {
    await using test = await startTestServer();
    const { client, open, finish } = await openUpload(test);
    const reading = open(1).read();
    await creditOf(client);

    client.chunk(1, 'x');

    expect(String(await reading)).toBe('x');
    expect(await client.call('ping')).toMatchObject({ result: {} });
    finish({});
  });

  it('that came whole is not broken off any more: its call goes on', async () => {
    await using test = await startTestServer();
    const { client, context, open, finish } = await openUpload(test);
    const stream = open(1);
    const reading = stream.read();
    await creditOf(client);

    client.chunk(1, 'all', END);
    client.chunk(1, 'late', ABORT);
    await client.call('ping');

    expect([String(await reading), await stream.read()]).toEqual(['all', null]);
    expect(context.signal.aborted).toBe(false);
    finish({ whole: true });
    expect(await client.answer('up')).toMatchObject({ result: { whole: true } });
  });

  it('that has ended drops what still comes', async () => {
    await using test = await startTestServer();
    const { client, open, finish } = await openUpload(test);
    const reading = expect(open(1).read()).rejects.toMatchObject({ code: 'cancelled' });
    await creditOf(client);
    finish({ early: true });
    expect(await client.answer('up')).toMatchObject({ result: { early: true } });

    await reading;
    client.chunk(1, 'late');
    client.chunk(1, '', ABORT);

    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it('that is broken off ends its call as cancelled, and whoever reads is told', async () => {
    await using test = await startTestServer();
    const { client, open } = await openUpload(test);
    const reading = open(1).read();
    await creditOf(client);

    client.chunk(1, 'because', ABORT);

    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    expect(await client.answer('up')).toMatchObject({ error: { code: -32_800 } });
  });

  it.each([['$/cancelRequest'], ['socket']])('of a call that ends by %s rejects its reader', async (how) => {
    await using test = await startTestServer();
    const { client, open } = await openUpload(test);
    const reading = open(1).read();
    await creditOf(client);

    if (how === 'socket') client.socket.destroy();
    else client.send({ jsonrpc: '2.0', method: how, params: { id: 'up' } });

    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([[2], [0], [4_294_967_296], [1]])('with the number %i after 1 was used cannot be opened', async (id) => {
    await using test = await startTestServer();
    const first = await openUpload(test);
    first.finish({});
    await first.client.answer('up');

    first.client.begin('again', 'test/upload', { stream: id });
    const { context, finish } = await test.begun();

    expect(() => context.uploads.open(id)).toThrow(expect.objectContaining({ code: 'invalid_params' }));
    finish({});
  });

  it.each([
    [7, true],
    [8, true],
    [9, false],
  ])('of call %i at once is taken: %s; all streams of one call count as one', async (count, isTaken) => {
    await using test = await startTestServer();
    const client = await test.enter('local', ['streams']);
    for (let call = 1; call < count; call += 1) {
      client.begin(call, 'test/upload', { stream: call * 4 + 1, companions: [{ stream: call * 4 + 3 }] });
      await test.begun();
    }

    client.begin('last', 'test/upload', { stream: 1 });

    if (isTaken) (await test.begun()).finish({});
    const { error } = await client.answer('last');
    const refusal: unknown = expect.objectContaining({ code: -32_030, data: expect.objectContaining({ limit: 8 }) });
    expect(error).toEqual(isTaken ? undefined : refusal);
    client.chunk(1, '', ABORT);
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });
});

describe('a large result', () => {
  const LIMIT = 131_072;
  const FRAME = '{"text":""}'.length;

  it.each([
    [LIMIT - 1, 'inline'],
    [LIMIT, 'inline'],
    [LIMIT + 1, 'stream'],
  ])('of %i bytes goes %s', async (bytes, how) => {
    await using test = await startTestServer();
    const client = await test.enter('local', ['streams']);

    const { result } = await client.call('test/large', { chars: bytes - FRAME });

    expect(Object.keys(result)).toEqual(how === 'inline' ? ['text'] : ['stream', 'bytes', 'sha256']);
    if (how === 'stream') expect(result).toMatchObject({ stream: 2, bytes });
  });

  it('comes in chunks within the credit, and is what was announced', async () => {
    await using test = await startTestServer();
    const client = await test.enter('local', ['streams']);
    const { result } = await client.call('test/large', { chars: 3 * MIB });

    client.grant(2, 100_000);
    await client.chunksOf(100_000);
    await client.call('ping');
    expect(client.chunks.map(({ payload }) => payload.length)).toEqual([65_536, 34_464]);
    client.grant(2, 4 * MIB);
    const chunks = await client.chunksOf(result.bytes);

    const body = Buffer.concat(chunks.map(({ payload }) => payload));
    expect(createHash('sha256').update(body).digest('hex')).toBe(result.sha256);
    expect(body.length).toBe(result.bytes);
    expect(chunks.at(-1)?.flags).toBe(END);
  });

  it('is refused with the limit to a peer without streams', async () => {
    await using test = await startTestServer();
    const client = await test.enter();

    const { error } = await client.call('test/large', { chars: LIMIT });

    expect(error).toMatchObject({ code: -32_013, data: { code: 'too_large', limit: LIMIT } });
  });

  it('is broken off by a cancel of its call', async () => {
    await using test = await startTestServer();
    const client = await test.enter('local', ['streams']);
    client.begin(7, 'test/large', { chars: MIB });
    await client.answer(7);

    client.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 7 } });

    expect(await client.chunksOf(1)).toMatchObject([{ stream: 2, flags: ABORT }]);
  });

  it('counts as a stream: the ninth that is not fetched is refused', async () => {
    await using test = await startTestServer();
    const client = await test.enter('local', ['streams']);
    for (let one = 1; one <= 8; one += 1) await client.call('test/large', { chars: LIMIT });

    const { error } = await client.call('test/large', { chars: LIMIT });

    expect(error).toMatchObject({ data: { code: 'too_many_in_flight', limit: 8 } });
  });

  it('waits for a peer that does not read, and is whole once it reads', async () => {
    await using test = await startTestServer();
    const slow = await test.enter('local', ['streams']);
    const good = await test.enter();
    const { result } = await slow.call('test/large', { chars: 20 * MIB });
    slow.grant(2, 20 * MIB + 100);
    slow.socket.pause();
    for (let one = 1; one <= 50; one += 1) await good.call('ping');

    slow.socket.resume();

    const chunks = await slow.chunksOf(result.bytes);
    expect(chunks.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(result.bytes);
    expect(test.log.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});
