import { describe, expect, it } from 'vitest';
import { makeUploads, NO_UPLOADS } from '../../../src/server/uploads.ts';

const chunk = (streamId: number, mark: 'none' | 'end' | 'abort' = 'none') => ({
  streamId,
  mark,
  payload: Buffer.alloc(0),
});

function setUp() {
  const told: string[] = [];
  const uploads = makeUploads({ grant: (stream, bytes) => void told.push(`grant ${stream} ${bytes}`) });
  const events = {
    onAbort: () => void told.push('abort'),
    onBytes: (bytes: number) => void told.push(`bytes ${bytes}`),
  };
  return { told, uploads, events };
}

describe('the uploads of a connection', () => {
  it('count the streams of one call as one, until it ends', () => {
    const { uploads, events } = setUp();
    const first = uploads.forCall([1, 3, 5], events);
    const none = uploads.forCall([], events);
    const second = uploads.forCall([7], events);

    expect(uploads.size()).toBe(2);
    for (const call of [first, none, second, second]) call.end(() => new Error('over'));
    expect(uploads.size()).toBe(0);
  });

  it('credit one stream after the other, as they are read', async () => {
    const { told, uploads, events } = setUp();
    const call = uploads.forCall([1, 3], events);
    const [main, companion] = [call.port.open(1), call.port.open(3)];

    const reading = main.read();
    uploads.receive(chunk(1, 'end'));
    await reading;
    const next = companion.read();
    uploads.receive(chunk(3, 'end'));
    await next;

    expect(told.filter((line) => line.startsWith('grant'))).toEqual(['grant 1 1048576', 'grant 3 1048576']);
  });

  it('open each stream of a call once, and none of another call', () => {
    const { uploads, events } = setUp();
    const call = uploads.forCall([1], events);
    uploads.forCall([3], events);

    call.port.open(1);

    for (const id of [1, 3, 5]) {
      expect(() => call.port.open(id)).toThrow(expect.objectContaining({ code: 'invalid_params' }));
    }
  });

  it('drop chunks of calls that ended or were refused, and tell a stream that was never opened', () => {
    const { uploads, events } = setUp();
    uploads.forCall([1], events).end(() => new Error('over'));
    uploads.refuse([3, 4, 'no' as unknown as number]);

    expect([1, 3].map((id) => uploads.receive(chunk(id)))).toEqual([null, null]);
    expect(uploads.receive(chunk(4))).toContain('never opened');
    expect(uploads.receive(chunk(5))).toContain('never opened');
  });

  it('tell the call that its peer broke a stream off', () => {
    const { told, uploads, events } = setUp();
    uploads.forCall([1], events);

    expect(uploads.receive(chunk(1, 'abort'))).toBeNull();
    expect(told).toEqual(['abort']);
  });

  it.each(['none', 'end', 'abort'] as const)('drop a chunk marked %s of a stream that has ended', async (mark) => {
    const { told, uploads, events } = setUp();
    const stream = uploads.forCall([1], events).port.open(1);
    uploads.receive(chunk(1, 'end'));
    told.length = 0;

    expect(uploads.receive({ ...chunk(1, mark), payload: Buffer.from('late') })).toBeNull();

    expect(await stream.read()).toBeNull();
    expect(told).toEqual([]);
  });

  it('of a peer without streams open none', () => {
    const call = NO_UPLOADS.forCall([1], setUp().events);

    expect(() => call.port.open(1)).toThrow('this connection did not agree on streams');
    expect(NO_UPLOADS.receive(chunk(1))).not.toBeNull();
  });
});
