import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestHome } from '../support/daemon.ts';
import { canonicalReport, documents, submitText } from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

function endpointOf(home: TestHome): string {
  return JSON.parse(readFileSync(path.join(home.places.run, 'default.json'), 'utf8')).endpoint;
}

/** Open a socket, say something, and wait until the daemon closes it. */
function closedAfter(
  endpoint: string,
  bytes: Buffer | null,
): Promise<{ readonly answer: Buffer; readonly ms: number }> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = net.connect(endpoint, () => (bytes === null ? undefined : void socket.write(bytes)));
    socket.on('data', (piece) => pieces.push(piece));
    socket.once('error', (error) => ('code' in error && error.code === 'EPIPE' ? undefined : reject(error)));
    socket.once('close', () => resolve({ answer: Buffer.concat(pieces), ms: performance.now() - started }));
  });
}

describe('a caller at the real daemon', () => {
  const shared = shareDaemon();

  it('with a wrong key is refused with 77 and learns nothing else', async () => {
    const { home } = shared;
    const file = path.join(home.places.keys, 'local.json');
    const key = readFileSync(file, 'utf8');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(key), key: Buffer.alloc(32, 7).toString('base64url') }));

    const { exitCode, stdout } = await home.airlock(['status', '--json']);
    writeFileSync(file, key);

    expect(exitCode).toBe(77);
    expect(documents(stdout)[0]).toMatchObject({ error: { code: 'unauthenticated' } });
  });

  it('that names a key which is not there is refused with 77', async () => {
    const { home } = shared;

    const { exitCode, stdout } = await home.airlock(['status', '--json', '--key', 'nobody']);

    expect(exitCode).toBe(77);
    expect(documents(stdout)).toEqual([
      { schemaVersion: 1, error: expect.objectContaining({ code: 'unauthenticated', retryable: false }) },
    ]);
  });

  it('with the submit key may send and see its own, and nothing else', async () => {
    const { home } = shared;
    await using owner = await home.connect();
    await using instrument = await home.connect('submit');
    const theirs = await submitText(owner, canonicalReport('A'));
    const mine = await submitText(instrument, canonicalReport('B'));

    const list = await instrument.call('submission/list', {});

    expect(list.items.map(({ submissionId }) => submissionId)).toEqual([mine]);
    await expect(instrument.call('submission/get', { submissionId: theirs })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(instrument.call('status/get', {})).rejects.toMatchObject({ code: 'forbidden' });
    await expect(instrument.call('admin/shutdown', {})).rejects.toMatchObject({
      code: 'forbidden',
      data: { scope: 'admin' },
    });
    expect((await home.airlock(['stop', '--key', 'submit'])).exitCode).toBe(77);
  });

  it('is closed without a word when its first frame is over the cap, one under it gets an answer', async () => {
    const { home } = shared;
    const frame = (bytes: number): Buffer => {
      const head = Buffer.alloc(4);
      head.writeUInt32BE(bytes);
      const body = (pad: number): string =>
        JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { pad: 'x'.repeat(pad) } });
      return Buffer.concat([head, Buffer.from(body(bytes - body(0).length))]);
    };

    const at = await closedAfter(endpointOf(home), frame(4096));
    const over = await closedAfter(endpointOf(home), frame(4097));

    expect(at.answer.toString('latin1')).toContain('-32002');
    expect(over.answer).toHaveLength(0);
  });

  it('that stays silent is closed after two seconds, and others are served meanwhile', async () => {
    const { home } = shared;

    const silent = closedAfter(endpointOf(home), null);
    const { exitCode } = await home.airlock(['status']);
    const { answer, ms } = await silent;

    expect(exitCode).toBe(0);
    expect(answer).toHaveLength(0);
    expect(ms).toBeGreaterThan(1_900);
  });

  it('can read the description of exactly the methods that it may call', async () => {
    const { home } = shared;
    await using client = await home.connect();

    const { methods } = await client.call('rpc/describe', {});

    expect(methods.map(({ name }) => name).toSorted()).toEqual([...client.methods].toSorted());
    expect(await client.call('ping', {})).toMatchObject({ bootId: client.server.bootId });
  });
});
