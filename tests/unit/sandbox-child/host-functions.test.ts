import { describe, expect, it } from 'vitest';
import { FRAME_OUT, RECORD_BYTES, type RunnerLimits } from '../../../src/sandbox/channel.ts';
import { makeDecoder } from '../../../src/sandbox-child/decode.ts';
import { makeHostFunctions, type Stop } from '../../../src/sandbox-child/host-functions.ts';

const LIMITS: RunnerLimits = {
  loadMs: 1_000,
  cpuMs: 1_000,
  outputBytes: 1_000_000,
  records: 10,
  logLines: 3,
  logBytes: 20,
  logLineBytes: 8,
  errorTextBytes: 100,
  errorStackBytes: 100,
};

function make(limits: Partial<RunnerLimits> = {}, input: readonly (readonly number[])[] = []) {
  const sent: { readonly type: number; readonly text: string }[] = [];
  const stops: Stop[] = [];
  const files = [[...input], [Uint8Array.of(0x42)]];
  const host = makeHostFunctions(
    {
      send: (type, bytes) => void sent.push({ type, text: Buffer.from(bytes).toString('latin1') }),
      fetch: (index) => {
        const piece = files[index]?.shift();
        return piece === undefined ? null : Uint8Array.from(piece);
      },
      decoders: files.map(() => makeDecoder({ mode: 'text', encoding: 'utf-8', isUtf8: true })),
      onStop: (stop) => void stops.push(stop),
    },
    { ...LIMITS, ...limits },
  );
  return { host, sent, stops };
}

describe('pull()', () => {
  it('goes on over pieces without text and ends with the empty text for ever', () => {
    const { host } = make({}, [[0xef, 0xbb, 0xbf], [0xe2, 0x82], [0xac], [0x41]]);

    expect([host.pull(0), host.pull(0), host.pull(0), host.pull(0)]).toEqual(['€', 'A', '', '']);
  });

  it('reads each file by itself, and nothing where there is none', () => {
    const { host } = make({}, [[0xe2], [0x82, 0xac]]);

    expect([host.pull(1), host.pull(0), host.pull(1), host.pull(0)]).toEqual(['B', '€', '', '']);
    expect([2, -1, 0.5, Number.NaN, '1', undefined].map((index) => host.pull(index)).join('')).toBe('');
  });
});

describe('part()', () => {
  it('takes a record of its limit and stops at one byte more', () => {
    const { host, sent, stops } = make();

    expect([host.part('x'.repeat(RECORD_BYTES)), sent.length, stops]).toEqual([0, 1, []]);
    expect(host.part('x'.repeat(RECORD_BYTES + 1))).toBe(1);
    expect(stops).toEqual([{ limit: 'output', used: RECORD_BYTES + 1, allowed: RECORD_BYTES }]);
  });

  it('counts bytes, not characters', () => {
    expect(make().host.part('€'.repeat(RECORD_BYTES / 2))).toBe(1);
  });

  it('takes records to their number and output to its sum, and ends the conversion at one more', () => {
    const { host, sent, stops } = make({ records: 2 });
    expect([host.part('1'), host.part('2'), host.part('3')]).toEqual([0, 0, 1]);
    expect([sent.length, stops]).toEqual([2, [{ limit: 'steps', used: 3, allowed: 2 }]]);

    const other = make({ outputBytes: 3 });
    expect([other.host.part('12'), other.host.part('3'), other.host.part('4')]).toEqual([0, 0, 1]);
    expect(other.stops).toEqual([{ limit: 'output', used: 4, allowed: 3 }]);
  });

  it.each([[undefined], [{}], [null], [5]])('stops at %j', (record) => {
    const { host, sent } = make();

    expect([host.part(record), sent.length]).toEqual([1, 0]);
  });
});

describe('attach()', () => {
  it('sends one byte per character, nothing for nothing, and stops above 0xFF', () => {
    const { host, sent } = make();

    expect([host.attach('\u0000\u00ff'), host.attach(''), host.attach('\u0100')]).toEqual([0, 0, 1]);
    expect(sent).toEqual([{ type: FRAME_OUT.attach, text: '\u0000\u00ff' }]);
  });
});

describe('log()', () => {
  it('cuts lines, then says once that the rest is missing', () => {
    const { host, sent } = make();
    for (const line of ['123456789', 'b', 'c', 'd', 'e']) expect(host.log(1, line)).toBe(0);

    expect(sent.map(({ text }) => text)).toEqual([
      '\u000112345678',
      '\u0001b',
      '\u0001c',
      '\u0002log truncated: the limit of lines or bytes is reached',
    ]);
  });

  it.each([
    [15, 'log truncated: the limit of lines or bytes is reached'],
    [16, '12345678'],
    [17, '12345678'],
  ])('counts bytes as well as lines: of %i, two lines of 8 end with "%s"', (logBytes, last) => {
    const { host, sent } = make({ logLines: 100, logBytes });
    for (let line = 1; line <= 2; line += 1) host.log(0, '12345678');

    expect([sent.length, sent.at(-1)?.text.slice(1)]).toEqual([2, last]);
  });

  it.each([
    [Number.NaN, 0],
    [-1, 0],
    [2.9, 2],
    [99, 3],
  ])('reads level %d as %d', (level, expected) => {
    const { host, sent } = make();
    host.log(level, '');

    expect(sent[0]?.text).toBe(String.fromCharCode(expected));
  });
});

describe('progress()', () => {
  it('sends fractions that moved, and ignores what is none', () => {
    const { host, sent } = make();
    for (const fraction of [0, 0.001, 0.5, 0.5, 2, -1, Number.NaN, 'x', 1]) expect(host.progress(fraction)).toBe(0);

    expect(sent).toHaveLength(3);
  });
});
