// Damaged files end as converted, rejected or skipped: never as a failure of the converter.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listFixtures } from '../support/fixtures.ts';
import { type LoadedConverter, loadConverter } from '../support/guest-realm.ts';
import { EVERYTHING, writeStdf, writeStdfRecord } from '../support/stdf-writer.ts';

type Mode = 'lines' | 'text' | 'bytes';
type Case = {
  readonly mode: Mode;
  readonly text: string;
  readonly given: Readonly<Record<string, unknown>>;
  readonly companions: readonly (readonly [string, string])[];
};

const MODES: Readonly<Record<string, Mode>> = {
  'keysight-i3070': 'lines',
  'klippel-qc': 'lines',
  'openhtf-json': 'text',
  'stdf-v4': 'bytes',
};
const RUNS = 40;
/** Each run begins a realm of its own. */
const SLOW = { timeout: 60_000 };

function casesOf(name: string): readonly Case[] {
  const mode = MODES[name] ?? 'text';
  return listFixtures()
    .filter(({ converter, bytes }) => converter === name && bytes.length < 20_000)
    .map(({ bytes, companions, given }) => ({
      mode,
      text: bytes.toString('latin1'),
      given,
      companions: companions.map((one) => [one.name, one.bytes.toString('latin1')] as const),
    }));
}

/** How it ended, in the words of an operator. */
async function endOf(convert: LoadedConverter, text: string, one: Case): Promise<string> {
  const { end, verdict } = await convert(text, {
    mode: one.mode,
    arguments: one.given,
    companions: one.companions,
  });
  if (verdict.kind !== 'ok') return verdict.kind === 'refuse' ? 'rejected' : 'stopped';
  if (end.kind === 'done') return 'converted';
  return end.kind === 'failed' ? `failed: ${end.message} ${end.stack}` : end.kind;
}

const FINE = ['converted', 'rejected', 'skipped'];

function mutate(text: string, changes: readonly { readonly at: number; readonly code: number }[]): string {
  const bytes = Buffer.from(text, 'latin1');
  for (const { at, code } of changes) bytes[at % bytes.length] = code;
  return bytes.toString('latin1');
}

describe.each(Object.keys(MODES))('%s', (name) => {
  const convert = loadConverter(name);
  const cases = casesOf(name);
  const anyCase = fc.constantFrom(...cases);

  it('never fails for a file that is cut anywhere', SLOW, async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, fc.nat(20_000), async (one, at) => {
        expect(FINE).toContain(await endOf(convert, one.text.slice(0, at % one.text.length), one));
      }),
      { numRuns: RUNS },
    );
  });

  it('never fails for a file with changed bytes', SLOW, async () => {
    const change = fc.record({ at: fc.nat(20_000), code: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(anyCase, fc.array(change, { minLength: 1, maxLength: 20 }), async (one, changes) => {
        expect(FINE).toContain(await endOf(convert, mutate(one.text, changes), one));
      }),
      { numRuns: RUNS },
    );
  });

  it('never fails for a file with a part of it taken out or doubled', SLOW, async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, fc.nat(20_000), fc.nat(400), fc.boolean(), async (one, from, length, isDoubled) => {
        const start = from % one.text.length;
        const part = one.text.slice(start, start + length);
        const text = one.text.slice(0, start) + (isDoubled ? part + part : '') + one.text.slice(start + length);
        expect(FINE).toContain(await endOf(convert, text, one));
      }),
      { numRuns: RUNS },
    );
  });

  it('never fails for companions that are damaged or mixed up', SLOW, async () => {
    const withCompanions = cases.filter(({ companions }) => companions.length > 0);
    if (withCompanions.length === 0) return;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...withCompanions), fc.nat(5_000), fc.nat(255), async (one, at, code) => {
        const companions = one.companions.map(([file, text]) => [file, mutate(text, [{ at, code }])] as const);
        expect(FINE).toContain(await endOf(convert, one.text, { ...one, companions }));
      }),
      { numRuns: RUNS },
    );
  });
});

describe('stdf-v4', () => {
  const convert = loadConverter('stdf-v4');
  const one: Case = { mode: 'bytes', text: '', given: {}, companions: [] };
  const ends = EVERYTHING.map((_row, index) => index + 1);

  it.each(['little', 'big'] as const)('rejects a %s-endian file that ends behind any of its records', async (order) => {
    for (const count of ends.slice(0, -1)) {
      const text = writeStdf(EVERYTHING.slice(0, count), order).toString('latin1');
      expect(await endOf(convert, text, one), `after ${count} records`).toBe('rejected');
    }
  });

  it('gives the same reports for both byte orders', async () => {
    const records = await Promise.all(
      (['little', 'big'] as const).map(
        async (order) => (await convert(writeStdf(EVERYTHING, order).toString('latin1'), { mode: 'bytes' })).records,
      ),
    );

    expect(records[0]).toEqual(records[1]);
    expect(records[0]?.length).toBeGreaterThan(10);
  });

  it('gives the same reports however the bytes come', async () => {
    const text = writeStdf(EVERYTHING).toString('latin1');
    const whole = await convert(text, { mode: 'bytes' });

    for (const pieceLength of [1, 2, 3, 7, 64]) {
      const inPieces = await convert(text, { mode: 'bytes', pieceLength });
      expect(inPieces.records, `pieces of ${pieceLength}`).toEqual(whole.records);
    }
  });

  it('never fails for a record that is shorter or longer than it says', SLOW, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(EVERYTHING.length - 1), fc.nat(60), fc.boolean(), async (index, by, isLonger) => {
        const records = EVERYTHING.map((row) => Buffer.from(writeStdfRecord(row, true)));
        const [record = Buffer.alloc(4)] = records.slice(index, index + 1);
        const length = Math.max(0, record.readUInt16LE(0) + (isLonger ? by : -by));
        const body = Buffer.concat([record.subarray(4), Buffer.alloc(60)]).subarray(0, length);
        const header = Buffer.from([length & 255, length >> 8, record[2] ?? 0, record[3] ?? 0]);
        records[index] = Buffer.concat([header, body]);
        const far = Buffer.from([2, 0, 0, 10, 2, 4]);
        expect(FINE).toContain(await endOf(convert, Buffer.concat([far, ...records]).toString('latin1'), one));
      }),
      { numRuns: RUNS * 2 },
    );
  });
});

type Json = ReturnType<typeof JSON.parse>;

/** Every place of a document: the objects and lists that hold something, with the key of it. */
function placesOf(value: Json): readonly (readonly [holder: Json, key: string])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => [[value, key] as const, ...placesOf(value[key])]);
}

describe('openhtf-json', () => {
  it('never fails for a record with any other JSON in any place', SLOW, async () => {
    const convert = loadConverter('openhtf-json');
    const [whole] = casesOf('openhtf-json').filter(({ text }) => text.includes('full_test'));
    if (whole === undefined) throw new Error('the fixture is not there');
    const text = whole.text.replace(': NaN', ': null');
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('', ' ', 'nan', 'inf', 'x == inf', '1e400 <= x', `${'9'.repeat(390)} <= x`, 'PASS', 1e308, -0),
      fc.string({ minLength: 9_000, maxLength: 9_100 }),
      fc.array(fc.array(fc.oneof(fc.double(), fc.string()), { maxLength: 4 }), { maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(), odd), { minLength: 1, maxLength: 4 }), async (changes) => {
        const document = JSON.parse(text);
        const places = placesOf(document);
        for (const [at, value] of changes) {
          const [holder, key] = places[at % places.length] ?? [document, 'phases'];
          holder[key] = value;
        }
        expect(FINE).toContain(await endOf(convert, JSON.stringify(document), whole));
      }),
      { numRuns: RUNS * 2 },
    );
  });
});

describe('keysight-i3070', () => {
  it('gives the same reports however the text comes', async () => {
    const convert = loadConverter('keysight-i3070');
    const [panel = { text: '' }] = casesOf('keysight-i3070').filter(({ text }) => text.includes('PANEL'));
    const whole = await convert(panel.text, { mode: 'lines' });

    for (const pieceLength of [1, 2, 5, 33]) {
      const inPieces = await convert(panel.text, { mode: 'lines', pieceLength });
      expect(inPieces.records, `pieces of ${pieceLength}`).toEqual(whole.records);
    }
  });
});
