// The guest library in the real sealed runner: no bomb, no entity and no damage makes anything else of a file than a refused one.

import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULTS, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';
import { makeZip } from '../support/zip.ts';

const MIB = 1024 ** 2;
const XML = `import { defineConverter, xml } from 'airlock/converter';
export default defineConverter({ convert(input) { for (const event of xml(input)) event.kind; } });`;
const GUNZIP = `import { defineConverter, gunzip } from 'airlock/converter';
export default defineConverter({ convert(input) { for (const piece of gunzip(input).chunks()) piece.length; } });`;
const UNZIP = `import { defineConverter, unzip } from 'airlock/converter';
export default defineConverter({ convert(input) { for (const entry of unzip(input)) entry.bytes(); } });`;

const laughs = (): string => {
  const names = Array.from({ length: 9 }, (_, index) => `lol${index}`);
  const entities = names.map((name, index) => `<!ENTITY ${name} "${`&lol${index - 1};`.repeat(10)}">`);
  return `<?xml version="1.0"?><!DOCTYPE l [${entities.join('')}]><l>&lol8;</l>`;
};
const boundary = Buffer.alloc(70_000, '<a>x</a>').toString();

describe(`the guest library in a sealed runner (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool({ guestEntry: 'src/guest/main.ts' });
  });
  afterAll(async () => {
    await pool?.[Symbol.asyncDispose]();
  });

  const run = (source: string, bytes: Uint8Array) =>
    pool.run(source, { mode: source === XML ? 'lines' : 'bytes', bytes, limits: DEFAULTS.limits, trust: 'bundled' });

  it.each<[string, string, RegExp]>([
    ['a billion laughs', laughs(), /DOCTYPE/],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', /DOCTYPE/],
    ['an external document type', '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>', /DOCTYPE/],
    ['a parameter entity', '<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>', /DOCTYPE/],
    ['an entity that nobody defined', '<a>&lol;</a>', /undefined entity/],
    ['deep nesting', '<a>'.repeat(200_000), /deeper than 256/],
    ['an attribute without an end', `<a b="${'x'.repeat(6 * MIB)}`, /longer than 4194304/],
    ['a text without an end', `<a>${'x'.repeat(6 * MIB)}`, /longer than 4194304/],
    ['a document that is cut off', `<r>${boundary}`, /unclosed tag: r/],
    ['UTF-16 without its mark', '<\0a\0/\0>\0', /XML/],
  ])('refuses %s as XML', async (_what, text, reason) => {
    const { outcome } = await run(XML, Buffer.from(text));

    expect(outcome).toMatchObject({ kind: 'rejected', reason: expect.stringMatching(reason), line: 1 });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['a bomb', gzipSync(Buffer.alloc(256 * MIB)), /200 times its size/],
    ['a file that is cut off', gzipSync(boundary).subarray(0, -9), /damaged/],
    ['no gzip at all', Buffer.from('hello, this is text'), /damaged/],
    ['nothing', Buffer.alloc(0), /damaged/],
  ])('refuses %s as gzip', async (_what, bytes, reason) => {
    expect((await run(GUNZIP, bytes)).outcome).toMatchObject({
      kind: 'rejected',
      reason: expect.stringMatching(reason),
    });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['a bomb that says so', makeZip([{ name: 'x', bytes: Buffer.alloc(64 * MIB) }]), /200 times its size/],
    [
      'a bomb that lies',
      makeZip([{ name: 'x', bytes: Buffer.from('x'), packed: deflateRawSync(Buffer.alloc(64 * MIB)) }]),
      /more than the 1 bytes/,
    ],
    [
      'files that overlap',
      makeZip(Array.from({ length: 9_000 }, (_, i) => ({ name: `${i}`, bytes: Buffer.from('x'), size: MIB }))),
      /more than 536870912 bytes/,
    ],
    ['an archive that is cut off', makeZip([{ name: 'x', bytes: Buffer.from(boundary) }]).subarray(0, 90), /directory/],
  ])('refuses %s as zip', async (_what, bytes, reason) => {
    expect((await run(UNZIP, bytes)).outcome).toMatchObject({
      kind: 'rejected',
      reason: expect.stringMatching(reason),
    });
  });

  it('reads XML, gzip and zip that are as they should be, in one runner after another', async () => {
    const kinds = [
      await run(XML, Buffer.from(`<r>${boundary}</r>`)),
      await run(GUNZIP, gzipSync(boundary)),
      await run(UNZIP, makeZip([{ name: 'x', bytes: Buffer.from(boundary) }])),
    ].map(({ outcome }) => outcome.kind);

    expect(kinds).toEqual(['converted', 'converted', 'converted']);
  });

  it('cannot be changed by a converter, and what it breaks of the language is gone with its context', async () => {
    const frozen = `import { defineConverter, gunzip, unzip, xml, xmlTree } from 'airlock/converter';
const fails = (change) => { try { change(); return false; } catch { return true; } };
export default defineConverter({ convert(input) {
  const isFrozen = (one) => Object.isFrozen(one) && fails(() => { one.extra = 1; });
  if (![xml, xmlTree, gunzip, unzip].every(isFrozen)) throw new Error('it can');
} });`;
    const breaking = `import { defineConverter, xmlTree } from 'airlock/converter';
globalThis.Object = null; globalThis.Uint8Array = null;
export default defineConverter({ convert() { xmlTree('<a/>'); } });`;

    const kinds = [frozen, breaking, XML].map(async (source) => (await run(source, Buffer.from('<a/>'))).outcome.kind);

    expect(await Promise.all(kinds)).toEqual(['converted', 'failed', 'converted']);
  });
});
