import { describe, expect, it } from 'vitest';
import type { FileContent, NamedFile } from '../../../src/cli/submit/files.ts';
import { sendFile, type SendClient } from '../../../src/cli/submit/send.ts';
import { AirlockError } from '../../../src/core/errors.ts';

const wishes = { idempotencyKey: 'key', converter: null, arguments: {}, priority: null };
const accepted = { submissionId: 's', sha256: 'h', bytes: 1, duplicate: false };
const lost = new AirlockError('unavailable', 'Cannot reach airlock: lost', { data: { reason: 'connection_lost' } });

function file(name: string, content: FileContent, isRepeatable = true): NamedFile & { readonly counts: number[] } {
  const counts: number[] = [];
  const open = () => {
    counts.push(1);
    return Promise.resolve({ content, [Symbol.asyncDispose]: () => (counts.push(-1), Promise.resolve()) });
  };
  return { file: name, name, isRepeatable, open, counts };
}
const inline = (text: string): FileContent => ({ kind: 'inline', bytes: Buffer.from(text) });
const stream = (size: number | null): FileContent => ({
  kind: 'stream',
  size,
  bytes: (async function* () {
    yield Buffer.alloc(0);
  })(),
});

/** A client that answers with these ends, one after the other; the params it was called with. */
function clientWith(...ends: (typeof accepted | Error)[]) {
  const calls: Record<string, unknown>[] = [];
  const client = {
    limits: { inline: 10 },
    call: (_method: string, params: Record<string, unknown>, { upload }: { upload: ReadonlyMap<number, unknown> }) => {
      calls.push({ ...params, uploads: [...upload.keys()] });
      const end = ends.shift() ?? accepted;
      return end instanceof Error ? Promise.reject(end) : Promise.resolve(end);
    },
  };
  // Only what sendFile() looks at is there.
  return { calls, client: client as unknown as SendClient };
}

describe('sendFile()', () => {
  it('puts small files into the call while there is room, and the others into streams of their own', async () => {
    const { calls, client } = clientWith();
    const companions = [file('b', inline('12345')), file('c', inline('x')), file('d', stream(null))];

    await sendFile(client, { main: file('a', inline('123456')), companions, wishes }, {});

    expect(calls[0]).toMatchObject({
      name: 'a',
      size: 6,
      contentBase64: Buffer.from('123456').toString('base64'),
      companions: [
        { name: 'b', stream: 1 },
        { name: 'c', contentBase64: 'eA==' },
        { name: 'd', stream: 3 },
      ],
      uploads: [1, 3],
    });
    expect(companions.map(({ counts }) => counts)).toEqual([
      [1, -1],
      [1, -1],
      [1, -1],
    ]);
  });

  it('announces the size of a stream where it is known', async () => {
    const { calls, client } = clientWith();

    await sendFile(client, { main: file('a', stream(99)), companions: [], wishes }, {});
    await sendFile(client, { main: file('a', stream(null)), companions: [], wishes }, {});

    expect(calls.map(({ size, stream: id }) => [size, id])).toEqual([
      [99, 1],
      [undefined, 1],
    ]);
  });

  it('sends again under the same key after a lost connection, on the new one', async () => {
    const [first, second] = [clientWith(lost), clientWith()];

    const renew = () => Promise.resolve(second.client);
    const sent = await sendFile(first.client, { main: file('a', inline('1')), companions: [], wishes }, { renew });

    expect(sent).toEqual({ accepted, client: second.client });
    expect([first.calls, second.calls].map(([call]) => call?.['idempotencyKey'])).toEqual(['key', 'key']);
  });

  it('gives up after three new connections', async () => {
    const { calls, client } = clientWith(lost, lost, lost, lost, lost);

    const sending = { main: file('a', inline('1')), companions: [], wishes };
    await expect(sendFile(client, sending, { renew: () => Promise.resolve(client) })).rejects.toBe(lost);

    expect(calls).toHaveLength(4);
  });

  it.each([
    ['what cannot be read again', file('-', inline('1'), false), lost],
    ['what was refused', file('a', inline('1')), new AirlockError('too_large', 'Cannot take: too large')],
  ])('does not send %s a second time', async (_what, main, error) => {
    const { calls, client } = clientWith(error);

    await expect(
      sendFile(client, { main, companions: [], wishes }, { renew: () => Promise.resolve(client) }),
    ).rejects.toBe(error);

    expect(calls).toHaveLength(1);
  });
});
