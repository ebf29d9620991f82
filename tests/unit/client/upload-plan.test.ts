import { describe, expect, it } from 'vitest';
import { planUpload, type UploadSource } from '../../../src/client/upload-plan.ts';

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a');
  yield Buffer.from('b');
}

/** Read the one source of a try. */
async function read(plan: ReturnType<typeof planUpload>): Promise<string> {
  const read: Uint8Array[] = [];
  for (const source of plan.open().values()) for await (const piece of source) read.push(piece);
  return Buffer.concat(read).toString();
}

const plan = (source: UploadSource) => planUpload(new Map([[1, source]]));

describe('planUpload()', () => {
  it.each<[string, UploadSource]>([
    ['bytes', Buffer.from('ab')],
    ['a function', pieces],
  ])('reads %s anew for each try', async (_what, source) => {
    const planned = plan(source);

    expect([await read(planned), planned.canRepeat(), await read(planned)]).toEqual(['ab', true, 'ab']);
  });

  it('reads an iterable once, and can repeat the call until it is read', async () => {
    const planned = plan(pieces());
    planned.open();

    const before = planned.canRepeat();
    const text = await read(planned);

    expect([before, text, planned.canRepeat()]).toEqual([true, 'ab', false]);
  });

  it('calls a function when its bytes are asked for, not before: a file that nobody reads would stay open', async () => {
    let calls = 0;
    const planned = plan(() => {
      calls += 1;
      return pieces();
    });
    planned.open();
    planned.open();

    const before = calls;
    await read(planned);

    expect([before, calls]).toEqual([0, 1]);
  });

  it('can repeat a call only when it can repeat all of its sources', async () => {
    const sources = new Map<number, UploadSource>([
      [1, Buffer.from('a')],
      [3, pieces()],
    ]);
    const planned = planUpload(sources);

    await read(planned);

    expect([[...planned.open().keys()], planned.canRepeat()]).toEqual([[1, 3], false]);
  });
});
