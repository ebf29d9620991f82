// Answers of docs/protocol.md 15, each asked of the real server: what a person who writes a client could read in two ways.

import { expect, it } from 'vitest';
import { frame, type RawClient, type RawMessage } from '../support/raw-client.ts';
import { startTestServer } from '../support/test-server.ts';

/** Send text as one frame, and wait for the answer with this id. */
async function say(client: RawClient, text: string, id: string | number | null = 1): Promise<RawMessage> {
  client.write(frame(text));
  return await client.answer(id);
}

const request = (members: string): string => `{"jsonrpc":"2.0",${members}}`;
const codeOf = (message: RawMessage): unknown => message['error']?.code ?? 'result';

it('params may be left out, and are no null and no array', async () => {
  await using server = await startTestServer();
  const client = await server.enter();

  expect(codeOf(await say(client, request('"id":1,"method":"ping"')))).toBe('result');
  expect(codeOf(await say(client, request('"id":1,"method":"ping","params":null')))).toBe(-32600);
  expect(codeOf(await say(client, request('"id":1,"method":"ping","params":[]')))).toBe(-32600);
});

it('an id that is null, a fraction, unsafe or too long is answered with id null, and the connection stays', async () => {
  await using server = await startTestServer();
  const client = await server.enter();
  const ids = ['null', '1.5', '9007199254740992', `"${'x'.repeat(65)}"`, '{}', 'true'];

  for (const id of ids) {
    expect(codeOf(await say(client, request(`"id":${id},"method":"ping"`), null))).toBe(-32600);
  }
  expect(codeOf(await say(client, request('"id":-9007199254740991,"method":"ping"'), -9007199254740991))).toBe(
    'result',
  );
  expect(codeOf(await say(client, request(`"id":"${'€'.repeat(64)}","method":"ping"`), '€'.repeat(64)))).toBe('result');
});

it('of two members of the same name the last counts, and members that nobody knows are ignored', async () => {
  await using server = await startTestServer();
  const client = await server.enter();

  expect(codeOf(await say(client, request('"id":9,"id":1,"method":"no/such","method":"ping","colour":"blue"')))).toBe(
    'result',
  );
});

it('nothing may follow the object, not even a line feed', async () => {
  await using server = await startTestServer();
  const client = await server.enter();

  expect(codeOf(await say(client, `${request('"id":1,"method":"ping"')}\n`, null))).toBe(-32700);
  await client.closed;
});

it.each([
  [1024, 'result'],
  [1025, -32700],
])('a body of %i bytes that is nested too deeply is answered %s', async (bytes, code) => {
  await using server = await startTestServer();
  const client = await server.enter();
  const deep = `"_meta":{"a":${'['.repeat(70)}${']'.repeat(70)}}`;
  const body = (pad: string): string => request(`"id":1,"method":"ping","params":{${deep}},"pad":"${pad}"`);
  const text = body('x'.repeat(bytes - body('').length));

  expect(codeOf(await say(client, text, code === 'result' ? 1 : null))).toBe(code);
});

it('empty chunks need no credit, and END may stand alone', async () => {
  await using server = await startTestServer();
  const client = await server.enter('local', ['streams']);
  client.begin(1, 'test/submit', { stream: 1 });
  client.chunk(1, '');
  client.chunk(1, '', 1);

  expect(codeOf(await client.answer(1))).toBe('result');
});

it('numbers may be left out and come in any order, and a refused call has used its own', async () => {
  await using server = await startTestServer({ ipc: { streams: 1 } });
  const client = await server.enter('local', ['streams']);
  client.begin(1, 'test/upload', { stream: 9 });
  const held = await server.begun();
  client.begin(2, 'test/submit', { stream: 5 });
  const refused = await client.answer(2);
  held.finish({});
  await client.answer(1);
  // It was on its way when its call was refused.
  client.chunk(5, 'late', 1);
  client.begin(3, 'test/submit', { stream: 5 });
  client.begin(4, 'test/submit', { stream: 3 });
  client.chunk(3, '', 1);

  expect(codeOf(refused)).toBe(-32030);
  expect((await client.answer(3))['error']?.data.details[0].code).toBe('bad_stream');
  expect(codeOf(await client.answer(4))).toBe('result');
});

it('an ABORT of one stream of several ends the call, and a cancel of it says nothing more', async () => {
  await using server = await startTestServer();
  const client = await server.enter('local', ['streams']);
  client.begin(1, 'test/upload', { stream: 1, companions: [{ stream: 3 }] });
  await server.begun();
  client.chunk(3, 'gone', 2);
  const aborted = await client.answer(1);
  client.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });
  await client.call('ping');

  expect(codeOf(aborted)).toBe(-32800);
  expect(client.messages).toEqual([]);
});

it('a topic named twice counts once', async () => {
  await using server = await startTestServer();
  const client = await server.enter();

  const opened = await client.call('events/subscribe', { topics: ['submission', 'submission'] });
  server.publish({ topic: 'submission', kid: null, changeSeq: 1, data: {} });
  await client.notification('event');
  await client.call('ping');

  expect(opened['result']?.seq).toBe(0);
  expect(client.messages).toEqual([]);
});

it('malformed and foreign credit is ignored', async () => {
  await using server = await startTestServer();
  const client = await server.enter('local', ['streams']);
  const credits = [{}, { stream: 2 }, { stream: 2, bytes: -1 }, { stream: 2, bytes: 0.5 }, { stream: 'a', bytes: 1 }];
  for (const params of credits) client.send({ jsonrpc: '2.0', method: '$/credit', params });

  expect(codeOf(await client.call('ping'))).toBe('result');
});
