import { describe, expect, it } from 'vitest';
import { connectRaw, frame, type RawClient, type RawMessage } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { LEAN, loginOf, settledStanding } from '../support/standing.ts';
import { expectUnharmed } from '../support/unharmed.ts';

/** What a body is answered: the id of the answer, and the number of its error, or `result`. */
type Answered = readonly [id: unknown, outcome: number | 'result'];

const KIB = 1024;
const call = (rest: string): string => `{"jsonrpc":"2.0","id":1,${rest}}`;
const ping = (id: string): string => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;
const deep = (depth: number, pad = 0): string =>
  call(`"method":"ping","params":{"a":${'['.repeat(depth - 2)}"${'x'.repeat(pad)}"${']'.repeat(depth - 2)}}`);
const WIDE = '\u{1f600}';

/** Bodies after which the connection stays. Source: protocol.md 2. */
const STAYS: readonly (readonly [string, string, Answered])[] = [
  ['params with an own __proto__', call('"method":"ping","params":{"__proto__":{"polluted":1}}'), [1, -32_602]],
  ['params with an own constructor', call('"method":"ping","params":{"constructor":{"prototype":{}}}'), [1, -32_602]],
  ['a __proto__ beside the method', call('"method":"ping","__proto__":{"method":"nope"}'), [1, 'result']],
  ['a request inside __proto__', `{"__proto__":${ping('1')}}`, [null, -32_600]],
  ['__proto__ as method', call('"method":"__proto__"'), [1, -32_601]],
  ['constructor as method', call('"method":"constructor"'), [1, -32_601]],
  ['a method with NUL behind', call('"method":"ping\\u0000"'), [1, -32_601]],
  ['a method with half a surrogate pair', call('"method":"\\ud800"'), [1, -32_601]],
  ['an empty method', call('"method":""'), [1, -32_600]],
  ['a method that is a number', call('"method":1'), [1, -32_600]],
  ['params that are a list', call('"method":"ping","params":[]'), [1, -32_600]],
  ['params that are null', call('"method":"ping","params":null'), [1, -32_600]],
  ['params that were left out', call('"method":"ping"'), [1, 'result']],
  ['no jsonrpc', '{"id":1,"method":"ping"}', [1, -32_600]],
  ['jsonrpc as a number', '{"jsonrpc":2.0,"id":1,"method":"ping"}', [1, -32_600]],
  ['nothing', '{}', [null, -32_600]],
  ['a result and an error at once', call('"result":1,"error":{"code":1,"message":""}'), [1, -32_600]],
  ['two ids: the last one counts', `{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}`, [2, 'result']],
  ['two methods: the last one counts', call('"method":"no/such","method":"ping"'), [1, 'result']],
  ['id null', ping('null'), [null, -32_600]],
  ['id true', ping('true'), [null, -32_600]],
  ['an object as id', ping('{"a":1}'), [null, -32_600]],
  ['a list as id', ping('[1]'), [null, -32_600]],
  ['a fraction as id', ping('1.5'), [null, -32_600]],
  ['a whole number written as a fraction', ping('1.0'), [1, 'result']],
  ['minus zero as id', ping('-0'), [0, 'result']],
  ['the largest safe integer as id', ping('9007199254740991'), [9_007_199_254_740_991, 'result']],
  ['one more as id', ping('9007199254740992'), [null, -32_600]],
  ['a number too large for any float as id', ping('1e999'), [null, -32_600]],
  ['an id of 64 UTF-16 units', ping(`"${WIDE.repeat(32)}"`), [WIDE.repeat(32), 'result']],
  ['an id of 66 UTF-16 units', ping(`"${WIDE.repeat(33)}"`), [null, -32_600]],
  ['NUL as id', ping('"\\u0000"'), ['\u0000', 'result']],
  ['half a surrogate pair as id', ping('"\\ud800"'), ['\ud800', 'result']],
  ['a limit too large for any float', call('"method":"submission/list","params":{"limit":1e999}'), [1, -32_602]],
  ['a cursor with NUL', call('"method":"submission/list","params":{"cursor":"\\u0000"}'), [1, -32_602]],
  ['400 levels in less than 1 KiB', deep(400), [1, -32_602]],
  ['64 levels', deep(64, KIB), [1, -32_602]],
];

/** Bodies that are answered `parse_error` with id null, then closed. */
const PARSE_ERRORS: readonly (readonly [string, string | Buffer])[] = [
  ['no JSON', '{nonsense}'],
  ['two objects', '{}{}'],
  ['an object and a space', `${ping('1')} `],
  ['an object that is not closed', '{"jsonrpc":"2.0"'],
  ['a NUL that is not escaped', call('"method":"pi\u0000ng"')],
  ['65 levels', deep(65, KIB)],
  ['all levels that fit in a frame', `{"a":${'['.repeat(262_000)}}`],
  ['all objects that fit in a frame', `${'{"a":'.repeat(52_000)}}`],
  ['a byte that UTF-8 never has', Buffer.from([0x7b, 0xff, 0x7d])],
  ['a character that is cut', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xe2, 0x82]), Buffer.from('"}')])],
  ['an overlong slash', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])],
  ['half a surrogate pair', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')])],
];

/** What closes the connection without an answer. */
const FAULTS: readonly (readonly [string, Buffer])[] = [
  ['a batch', frame(`[${ping('1')}]`)],
  ['a byte order mark', frame(`\ufeff${ping('1')}`)],
  ['a space in front', frame(` ${ping('1')}`)],
  ['a text', frame('"ping"')],
  ['null', frame('null')],
  ['an empty frame', frame('')],
  ['a stray HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a chunk with both flags', frame(Buffer.from([1, 3, 0, 0, 0, 0, 0, 1]))],
  ['a chunk with an unknown flag', frame(Buffer.from([1, 4, 0, 0, 0, 0, 0, 1]))],
  ['a chunk with a reserved byte', frame(Buffer.from([1, 0, 0, 1, 0, 0, 0, 1]))],
  ['a chunk of stream 0', frame(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]))],
  ['a chunk header that is cut', frame(Buffer.from([1, 0, 0, 0, 0, 0, 0]))],
  ['a chunk of a stream never opened', frame(Buffer.from([1, 0, 0, 0, 0, 0, 0, 1, 9]))],
];

const outcomeOf = ({ id, error }: RawMessage): Answered => [id, error === undefined ? 'result' : error.code];

describe('what the real daemon makes of', () => {
  const shared = shareDaemon({ env: LEAN });

  async function enter(): Promise<RawClient> {
    const login = loginOf(shared.home);
    const client = await connectRaw(login.endpoint);
    await client.login(login, ['streams']);
    return client;
  }

  it.each(STAYS)('%s: one answer, and the connection stays', async (_what, body, answered) => {
    await using client = await enter();

    client.write(frame(body));

    expect(outcomeOf(await client.next())).toEqual(answered);
    expect(outcomeOf(await client.call('ping'))[1]).toBe('result');
    expect(client.messages).toEqual([]);
  });

  it.each(PARSE_ERRORS)('%s: parse_error, then it closes', async (_what, body) => {
    await using client = await enter();

    client.write(frame(body));
    await client.closed;

    expect(client.messages.map(outcomeOf)).toEqual([[null, -32_700]]);
    expect(client.messages[0]?.['error'].data).toEqual({ code: 'parse_error', retryable: false });
  });

  it.each(FAULTS)('%s: it closes without a word', async (_what, bytes) => {
    await using client = await enter();

    client.write(bytes);
    await client.closed;

    expect(client.messages).toEqual([]);
  });

  it('any of them before authentication: it closes, and says no more than one error', async () => {
    const login = loginOf(shared.home);
    const bodies = [...STAYS, ...PARSE_ERRORS].map(([, body]) => frame(body)).filter(({ length }) => length <= 4100);

    for (const bytes of [...bodies, ...FAULTS.map(([, one]) => one)]) {
      await using client = await connectRaw(login.endpoint);
      client.write(bytes);
      await client.closed;
      expect(client.messages.map((message) => Object.keys(message)).flat()).not.toContain('result');
      expect(client.messages.length).toBeLessThanOrEqual(1);
    }
  });

  it('answers and notifications that nobody asked for: nothing', async () => {
    await using client = await enter();

    for (const body of [
      call('"result":{}'),
      '{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"x"}}',
      '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":{"__proto__":1}}}',
      '{"jsonrpc":"2.0","method":"$/credit","params":{"stream":"__proto__","bytes":1e999}}',
      '{"jsonrpc":"2.0","method":"hello","params":{"a":1}}',
    ]) {
      client.write(frame(body));
    }

    expect(outcomeOf(await client.call('ping'))[1]).toBe('result');
    expect(client.messages).toEqual([]);
  });

  it('an id in use: refused with id null, the first call goes on', async () => {
    await using client = await enter();
    const idempotencyKey = '00000000-0000-4000-8000-0000000000d1';
    client.begin('same', 'report/submit', { name: 'a.bin', stream: 1, idempotencyKey });
    await client.notification('$/credit');

    client.begin('same', 'ping');
    client.begin('same', 'report/submit', { name: 'b.bin', stream: 3, idempotencyKey });
    client.chunk(3, '', 1);
    const refused = [await client.next(), await client.next()];
    client.chunk(1, 'bytes', 1);

    expect(refused.map(outcomeOf)).toEqual([
      [null, -32_600],
      [null, -32_600],
    ]);
    expect((await client.answer('same'))['result']).toMatchObject({ bytes: 5, duplicate: false });
  });

  it('all of them many times over: what was before', async () => {
    const before = await settledStanding(shared.home);

    for (let round = 0; round < 20; round += 1) {
      await using client = await enter();
      client.write(Buffer.concat(STAYS.map(([, body]) => frame(body))));
      for (const _one of STAYS) await client.next();
      client.write(frame(PARSE_ERRORS[round % PARSE_ERRORS.length]?.[1] ?? ''));
      await client.closed;
    }

    await expectUnharmed(shared.home, before);
    expect(shared.daemon.log().match(/^.*"level":"(?:error|fatal)".*$/gm)).toBeNull();
  });
});
