import { describe, expect, it } from 'vitest';
import { makeUploads } from '../../../src/client/uploads.ts';
import type { Chunk } from '../../../src/link/framing.ts';

async function* source(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield Buffer.alloc(size);
}

/** Resolves with the chunks once `isEnough` holds. */
function setUp(isBlocked = (): boolean => false, chunkBytes = 65_536) {
  const sent: Chunk[] = [];
  let changed = Promise.withResolvers<void>();
  const send = (chunk: Chunk): boolean => {
    sent.push(chunk);
    changed.resolve();
    changed = Promise.withResolvers();
    return !isBlocked();
  };
  const uploads = makeUploads({ send, chunkBytes: () => chunkBytes });
  const until = async (isEnough: (shown: unknown[][]) => boolean): Promise<unknown[][]> => {
    const shown = () => sent.map(({ streamId, mark, payload }) => [streamId, mark, payload.length]);
    while (!isEnough(shown())) await changed.promise;
    return shown();
  };
  return { uploads, until, sent };
}
const ended = (shown: unknown[][]): boolean => shown.some(([, mark]) => mark !== 'none');

describe('the uploads of a connection', () => {
  it('number streams by themselves, each once', () => {
    const { uploads } = setUp();
    const sources = () => new Map([1, 3].map((id) => [id, source()]));
    const params = { name: 'a', stream: 1, companions: [{ stream: 3 }] };

    const first = uploads.begin(params, sources());
    const second = uploads.begin(params, sources());

    expect([first.params, second.params]).toEqual([
      { name: 'a', stream: 1, companions: [{ stream: 3 }] },
      { name: 'a', stream: 5, companions: [{ stream: 7 }] },
    ]);
  });

  it('send chunks as large as the server takes, within the credit, and the end alone', async () => {
    const { uploads, until } = setUp();
    using _upload = uploads.begin({ stream: 1 }, new Map([[1, source(80_000, 10)]]));

    uploads.credit(1, 72_000);
    expect(await until((shown) => shown.length === 2)).toEqual([
      [1, 'none', 65_536],
      [1, 'none', 6464],
    ]);
    uploads.credit(1, 72_000);

    expect((await until(ended)).slice(2)).toEqual([
      [1, 'none', 8000],
      [1, 'none', 10],
      [1, 'end', 0],
    ]);
  });

  it('read no further while what was sent does not leave, whatever the server has asked for', async () => {
    let isBlocked = true;
    const { uploads, until, sent } = setUp(() => isBlocked);
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; read < 100; read += 1) yield Buffer.alloc(1000);
    }
    using _upload = uploads.begin({ stream: 1 }, new Map([[1, endless()]]));

    uploads.credit(1, Number.MAX_SAFE_INTEGER);
    await until((shown) => shown.length === 1);
    await new Promise(setImmediate);
    const readWhileBlocked = read;
    isBlocked = false;
    uploads.drained();
    await until(ended);

    expect(readWhileBlocked).toBe(1);
    expect(sent.length).toBe(101);
  });

  it('send smaller chunks to a server that takes no more', async () => {
    const { uploads, until } = setUp(undefined, 100);
    using _upload = uploads.begin({ stream: 1 }, new Map([[1, source(250)]]));

    uploads.credit(1, 1000);

    expect((await until(ended)).map(([, , bytes]) => bytes)).toEqual([100, 100, 50, 0]);
  });

  it('do not touch a source before the first credit', () => {
    const { uploads, sent } = setUp();
    let isTouched = false;
    async function* touchy(): AsyncGenerator<Uint8Array> {
      isTouched = true;
      yield Buffer.alloc(1);
    }
    using _upload = uploads.begin({ stream: 1 }, new Map([[1, touchy()]]));

    for (const odd of [0, -1, 1.5, '5', undefined]) uploads.credit(1, odd);
    uploads.credit(9, 100);

    expect([isTouched, sent]).toEqual([false, []]);
  });

  it('break a stream off whose source fails, and tell why', async () => {
    const { uploads, until } = setUp();
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1);
      throw new Error('the disk is gone');
    }
    using upload = uploads.begin({ stream: 1 }, new Map([[1, failing()]]));

    uploads.credit(1, 100);

    expect(await upload.failed).toEqual({ error: new Error('the disk is gone') });
    expect((await until(ended)).at(-1)?.slice(0, 2)).toEqual([1, 'abort']);
  });

  it('stop and close the source once the call is over', async () => {
    const { uploads, sent } = setUp();
    const closed = Promise.withResolvers<void>();
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(100);
      } finally {
        closed.resolve();
      }
    }
    const upload = uploads.begin({ stream: 1 }, new Map([[1, endless()]]));
    uploads.credit(1, 250);

    upload[Symbol.dispose]();
    await closed.promise;
    uploads.credit(1, 1000);

    expect(sent.every(({ mark }) => mark === 'none')).toBe(true);
  });
});
