import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { deflateRawSync, gzipSync, crc32 as nodeCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../src/guest/crc32.ts';
import { BadInput } from '../../../src/guest/errors.ts';
import { gunzip } from '../../../src/guest/gunzip.ts';
import { LARGEST_RATIO, RATIO_FROM } from '../../../src/guest/inflate.ts';
import { MOST_ZIP_ENTRIES, unzip } from '../../../src/guest/unzip.ts';
import { makeZip, type ZipFile } from '../../support/zip.ts';

const STDF = readFileSync(resolve(import.meta.dirname, '../../fixtures/samples/stdf-v4/lot2.stdf.gz'));

function refusal(run: () => unknown): string | null {
  try {
    run();
  } catch (error) {
    return BadInput.read(error)?.reason ?? `no BadInput: ${String(error)}`;
  }
  return null;
}

const of = (...pieces: Uint8Array[]) => ({ chunks: () => pieces });
/** Text that hardly shrinks: every run gives the same. */
const noise = (length: number): Buffer => {
  let state = 1;
  return Buffer.from(Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) & 0xff));
};

describe('crc32()', () => {
  it('is that of zlib, in one piece and in several', () => {
    const bytes = noise(5_000);

    expect(crc32(0, bytes)).toBe(nodeCrc32(bytes));
    expect(crc32(crc32(0, bytes.subarray(0, 17)), bytes.subarray(17))).toBe(nodeCrc32(bytes));
  });
});

describe('gunzip()', () => {
  it('gives what was packed, in several pieces and members', () => {
    const [first, second] = [noise(20_000), Buffer.from('hello '.repeat(50_000))];
    const packed = Buffer.concat([gzipSync(first), gzipSync(second)]);

    const whole = gunzip(of(packed.subarray(0, 5), packed.subarray(5, 20_010), packed.subarray(20_010))).bytes();

    expect(Buffer.from(whole).equals(Buffer.concat([first, second]))).toBe(true);
  });

  it('inflates a real STDF file', () => {
    expect(gunzip(of(STDF)).bytes()).toHaveLength(4_418_001);
  });

  it('refuses a file that is cut off anywhere', () => {
    const packed = gzipSync('a file from a tester, a file from a tester');
    const results = Array.from(packed, (_, length) => refusal(() => gunzip(of(packed.subarray(0, length))).bytes()));

    expect(new Set(results.map((reason) => reason?.startsWith('the gzip data is damaged')))).toEqual(new Set([true]));
  });

  it('gives nothing else than what was packed, whatever byte behind the header is changed', () => {
    const packed = gzipSync(noise(300));
    const results = Array.from({ length: packed.length - 10 }, (_, index) => {
      const changed = Buffer.from(packed);
      changed[index + 10] = (changed[index + 10] ?? 0) ^ 0x55;
      try {
        return Buffer.from(gunzip(of(changed)).bytes()).equals(noise(300)) ? 'the same' : 'other';
      } catch (error) {
        return BadInput.read(error)?.reason.replace(/: .*/, '');
      }
    });

    // The library does not look at the complement of the length of a stored block.
    expect(new Set(results)).toEqual(new Set(['the gzip data is damaged', 'the same']));
  });

  it('refuses text, which the manifest has to ask for as bytes', () => {
    expect(() => gunzip({ chunks: () => ['x'] }).bytes()).toThrow('"input": "bytes"');
  });

  it('allows as many bytes as it is told, and not one more', () => {
    const packed = gzipSync(noise(1_000));

    expect(refusal(() => gunzip(of(packed), { maxBytes: 1_001 }).bytes())).toBeNull();
    expect(refusal(() => gunzip(of(packed), { maxBytes: 1_000 }).bytes())).toBeNull();
    expect(refusal(() => gunzip(of(packed), { maxBytes: 999 }).bytes())).toContain('more than 999 bytes');
  });

  it('refuses a bomb soon after its ratio counts', () => {
    let inflated = 0;
    const bomb = gzipSync(Buffer.alloc(8 * RATIO_FROM));

    const reason = refusal(() => {
      for (const piece of gunzip(of(bomb)).chunks()) inflated += piece.length;
    });

    expect(reason).toContain(`more than ${LARGEST_RATIO} times its size`);
    expect(inflated).toBeLessThan(RATIO_FROM + 8 * 1024 ** 2);
  });
});

const FILES: readonly ZipFile[] = [
  { name: 'Run 1.xml', bytes: Buffer.from('\ufeff<a>é</a>') },
  { name: 'folder/', bytes: Buffer.alloc(0) },
  { name: '../../etc/passwd', bytes: noise(300), isStored: true },
  { name: 'latin.txt', bytes: Buffer.from([0x4b, 0xfc]) },
];

describe('unzip()', () => {
  it('lists files in order, without folders, and reads them', () => {
    const entries = unzip(makeZip(FILES));

    expect(entries.map(({ name, size }) => [name, size])).toEqual([
      ['Run 1.xml', 12],
      ['../../etc/passwd', 300],
      ['latin.txt', 2],
    ]);
    expect(entries[0]?.text()).toBe('<a>é</a>');
    expect(Buffer.from(entries[1]?.bytes() ?? []).equals(noise(300))).toBe(true);
    expect(entries[2]?.text()).toBe('Kü');
  });

  it('reads pieces of an input, with a comment at the end', () => {
    const zip = makeZip(FILES, { comment: 'PK and more' });

    expect(unzip(of(zip.subarray(0, 40), zip.subarray(40)))).toHaveLength(3);
  });

  it('refuses an archive that is cut off anywhere', () => {
    const zip = makeZip(FILES);
    const results = Array.from(zip, (_, length) =>
      refusal(() => unzip(zip.subarray(0, length)).map((entry) => entry.bytes())),
    );

    expect(results.filter((reason) => reason === null || reason.startsWith('no BadInput'))).toEqual([]);
  });

  it.each<[string, ZipFile, RegExp]>([
    ['is encrypted', { name: 'x', bytes: noise(9), flags: 1 }, /encrypted/],
    ['is packed by another method', { name: 'x', bytes: noise(9), method: 99 }, /method 99/],
    ['is over 4 GiB', { name: 'x', bytes: noise(9), size: 0xffff_ffff }, /zip64/],
    ['is stored with two sizes', { name: 'x', bytes: noise(9), isStored: true, size: 8 }, /contradict/],
    ['declares more than is allowed', { name: 'x', bytes: noise(9), size: 600 * 1024 ** 2 }, /more than 536870912/],
    [
      'declares more than its packed bytes can hold',
      { name: 'x', bytes: noise(9), size: 100 * 1024 ** 2 },
      /200 times/,
    ],
  ])('refuses at once a file that %s', (_what, file, reason) => {
    expect(refusal(() => unzip(makeZip([file])))).toMatch(reason);
  });

  it.each<[string, ZipFile, RegExp]>([
    ['has another checksum', { name: 'x', bytes: noise(9), crc: 1 }, /checksum/],
    ['is shorter than it declares', { name: 'x', bytes: noise(9), size: 10 }, /cut off/],
    ['is longer than it declares', { name: 'x', bytes: noise(900), size: 899 }, /more than the 899 bytes/],
    ['is no deflated data', { name: 'x', bytes: noise(9), packed: Buffer.from([0xff, 0xff, 0xff]) }, /damaged/],
  ])('refuses when it is read a file that %s', (_what, file, reason) => {
    const [entry] = unzip(makeZip([file]));

    expect(refusal(() => entry?.bytes())).toMatch(reason);
  });

  it('stops a bomb that lies about its size at what it declares', () => {
    const packed = deflateRawSync(Buffer.alloc(64 * 1024 ** 2));
    const [entry] = unzip(makeZip([{ name: 'x', bytes: Buffer.from('x'), packed, size: 1_000 }]));

    expect(refusal(() => entry?.bytes())).toMatch(/more than the 1000 bytes/);
  });

  it('allows as many bytes in all as it is told, and not one more', () => {
    const zip = makeZip([
      { name: 'a', bytes: noise(400) },
      { name: 'b', bytes: noise(600) },
    ]);
    const read = (maxBytes: number) => refusal(() => unzip(zip, { maxBytes }).map((entry) => entry.bytes()));

    expect([read(999), read(1_000), read(1_001)]).toEqual(['the archive inflates to more than 999 bytes', null, null]);
  });

  it('counts a file that is read again', () => {
    const [entry] = unzip(makeZip([{ name: 'a', bytes: noise(400) }]), { maxBytes: 799 });

    entry?.bytes();
    expect(refusal(() => entry?.bytes())).toContain('more than 799');
  });

  it('allows so many files, and not one more', () => {
    const many = (count: number) =>
      makeZip(
        Array.from({ length: count }, (_, index) => ({ name: `${index}`, bytes: Buffer.alloc(0), isStored: true })),
      );

    expect(unzip(many(MOST_ZIP_ENTRIES - 1))).toHaveLength(MOST_ZIP_ENTRIES - 1);
    expect(unzip(many(MOST_ZIP_ENTRIES))).toHaveLength(MOST_ZIP_ENTRIES);
    expect(refusal(() => unzip(many(MOST_ZIP_ENTRIES + 1)))).toContain('at most 10000');
  });
});
