import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { canonicalReport, watsAt, writeToken } from '../support/e2e.ts';
import { connectRaw, frame, prove, type RawLogin, type RawMessage } from '../support/raw-client.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { startSink } from '../support/sink/client.ts';

const shared = shareDaemon();

function loginOf(home: TestHome, kid = 'local'): RawLogin {
  const { endpoint, instance } = JSON.parse(readFileSync(path.join(home.places.run, 'default.json'), 'utf8'));
  const { key } = JSON.parse(readFileSync(path.join(home.places.keys, `${kid}.json`), 'utf8'));
  return { kid, key, endpoint, instance };
}

const codeOf = (answer: RawMessage): unknown => answer['error']?.data.code ?? 'result';

describe('the handshake of the real daemon', () => {
  it('cannot be replayed, reflected, relayed under another name or downgraded', async () => {
    const login = loginOf(shared.home);
    const hello = {
      protocol: { min: 1, max: 1 },
      kid: 'local',
      nonce: randomBytes(32).toString('base64url'),
      client: { name: 'raw', version: '0' },
    };
    const nonces = (answer: RawMessage): [string, string] => [hello.nonce, answer['result'].nonce];
    const tries: Record<string, (answer: RawMessage) => string> = {
      replay: () => recorded,
      reflection: (answer) => answer['result'].proof,
      relay: (answer) => prove('client', { ...login, endpoint: '/tmp/squatter.sock' }, nonces(answer)),
      'other instance': (answer) => prove('client', { ...login, instance: 'other' }, nonces(answer)),
    };
    await using first = await connectRaw(login.endpoint);
    const recorded = prove('client', login, nonces(await first.call('hello', hello)));
    expect(codeOf(await first.call('authenticate', { proof: recorded, capabilities: [] }))).toBe('result');

    for (const forge of Object.values(tries)) {
      await using peer = await connectRaw(login.endpoint);
      const proof = forge(await peer.call('hello', hello));
      expect(codeOf(await peer.call('authenticate', { proof, capabilities: [] }))).toBe('unauthenticated');
      await peer.closed;
    }
    await using old = await connectRaw(login.endpoint);
    expect(codeOf(await old.call('hello', { ...hello, protocol: { min: 0, max: 0 } }))).toBe('unsupported_protocol');
    await old.closed;
  });
});

describe('report/submit of the real daemon', () => {
  it('refuses base64 that is cut or has wrong padding instead of guessing bytes', async () => {
    const texts = ['A', '=', 'AA=', 'AAAA=', 'QR==', 'QUJ='];

    const { answers } = await submit(texts.map((contentBase64) => ({ contentBase64 })));

    expect(answers).toEqual(texts.map(() => 'invalid_params'));
  });

  it('takes base64 with and without padding', async () => {
    const { answers } = await submit(['', 'QQ', 'QQ==', 'QUI', 'QUI='].map((contentBase64) => ({ contentBase64 })));

    expect(answers).toEqual(['result', 'result', 'result', 'result', 'result']);
  });

  it('refuses texts that UTF-8 cannot hold instead of changing them', async () => {
    const { answers } = await submit([{ content: 'a\ud800b' }, { content: 'x', name: '\udc00.json' }]);

    expect(answers).toEqual(['invalid_params', 'invalid_params']);
  });

  it('keeps prototype keys as plain data', async () => {
    const { answers, raw } = await submit([
      { content: 'x', arguments: JSON.parse('{"__proto__":{"polluted":1},"constructor":2}') },
    ]);

    expect(answers).toEqual(['result']);
    expect(raw).not.toContain('polluted');
  });

  it('takes never one over the bound from eight connections of two keys at once', async () => {
    await using home = await makeTestHome();
    await using sink = await startSink({ mode: { kind: 'hang' } });
    await home.configure({ ...watsAt(sink.url), queue: { maxItems: 25 } });
    await writeToken(home);
    await home.start();
    await using stack = new AsyncDisposableStack();
    const peers = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const login = loginOf(home, index % 2 === 0 ? 'local' : 'submit');
        const peer = stack.use(await connectRaw(login.endpoint));
        await peer.login(login);
        return peer;
      }),
    );

    const answers = await Promise.all(
      peers.flatMap((peer, who) =>
        Array.from({ length: 10 }, (_, index) =>
          peer.call('report/submit', {
            name: 'a.json',
            content: canonicalReport(`SN-${who}-${index}`),
            idempotencyKey: randomUUID(),
          }),
        ),
      ),
    );
    const codes = answers.map(codeOf);

    expect(codes.filter((code) => code === 'result')).toHaveLength(25);
    expect(codes.filter((code) => code === 'queue_full')).toHaveLength(55);
  });

  it('lets one of two contents raced under one idempotency key win, and answers the other conflict', async () => {
    const idempotencyKey = randomUUID();
    const { answers } = await submit(
      Array.from({ length: 10 }, (_, index) => ({ content: index % 2 === 0 ? 'even' : 'odd', idempotencyKey })),
    );

    expect(answers.filter((code) => code === 'result')).toHaveLength(5);
    expect(answers.filter((code) => code === 'conflict')).toHaveLength(5);
  });
});

describe('a flood through the real daemon', () => {
  it('of 100 000 notifications neither ends the daemon nor holds up another peer', async () => {
    const login = loginOf(shared.home);
    await using flooder = await connectRaw(login.endpoint);
    await flooder.login(login);
    await using other = await connectRaw(login.endpoint);
    await other.login(login);

    flooder.write(Buffer.concat(Array<Buffer>(100_000).fill(frame('{"jsonrpc":"2.0","method":"x"}'))));
    const answers = await Promise.all([other.call('ping'), flooder.call('ping')]);

    expect(answers.map(codeOf)).toEqual(['result', 'result']);
  });
});

/** Submit all at once over one connection; `raw` is what the daemon says about the last one. */
async function submit(
  params: readonly Record<string, unknown>[],
): Promise<{ readonly answers: unknown[]; readonly raw: string }> {
  const login = loginOf(shared.home);
  await using peer = await connectRaw(login.endpoint);
  await peer.login(login);
  const calls = params.map((own) =>
    peer.call('report/submit', { name: 'a.json', idempotencyKey: randomUUID(), ...own }),
  );
  const answers = await Promise.all(calls);
  const last = answers.at(-1)?.['result']?.submissionId;
  const shown = last === undefined ? null : await peer.call('submission/get', { submissionId: last });
  return { answers: answers.map(codeOf), raw: JSON.stringify(shown) };
}
