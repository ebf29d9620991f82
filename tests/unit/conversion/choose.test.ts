import { describe, expect, it } from 'vitest';
import { lookAtFile } from '../../../src/conversion/choose.ts';
import { DEFAULT_SETTINGS, type RegisteredConverter } from '../../../src/conversion/registered.ts';
import { makeConverter } from '../../support/conversion-parts.ts';

const csv = makeConverter('csv', { match: { extensions: ['.csv'] } });
const station = makeConverter('station', { match: { extensions: ['.csv'], headContains: ['#Station'] } });
const disabled: RegisteredConverter = {
  name: 'off',
  origin: 'own',
  trust: 'own',
  settings: DEFAULT_SETTINGS,
  state: 'disabled',
};
const refused: RegisteredConverter = {
  name: 'bad',
  origin: 'own',
  trust: 'own',
  settings: DEFAULT_SETTINGS,
  state: 'refused',
  findings: [
    { severity: 'error', code: 'syntax', path: '', file: null, line: null, column: null, message: 'is no code' },
  ],
};

function look(
  converters: readonly RegisteredConverter[],
  over: { name?: string; text?: string; wanted?: string } = {},
) {
  const { name = 'a.csv', text = '#Station', wanted = null } = over;
  return lookAtFile(converters, { name, size: text.length, head: Buffer.from(text), wanted });
}

/** Names of what matches, in the order in which they are asked. */
function matching(...given: Parameters<typeof look>) {
  const found = look(...given);
  if (found.kind !== 'matching') return found;
  const names = (matches: readonly { converter: { name: string } }[]) => matches.map(({ converter }) => converter.name);
  return { approved: names(found.approved), pending: names(found.pending) };
}

describe('lookAtFile()', () => {
  it('takes the one that was asked for, whatever matches', () => {
    expect(look([csv, station], { wanted: 'csv', name: 'x.bin' })).toEqual({ kind: 'named', converter: csv });
  });

  it('takes a canonical file as it is, unless a converter was asked for', () => {
    const text = '{"schema": "airlock.report/1"}';

    expect(look([csv], { text })).toEqual({ kind: 'canonical' });
    expect(look([csv], { text, wanted: 'csv' })).toMatchObject({ kind: 'named' });
  });

  it('lists what matches, the most specific first', () => {
    expect(matching([csv, station])).toEqual({ approved: ['station', 'csv'], pending: [] });
    expect(matching([csv, station], { text: 'other' })).toEqual({ approved: ['csv'], pending: [] });
  });

  it('lists a smaller priority number first, however specific the others are', () => {
    const first = makeConverter('first', { match: { extensions: ['.csv'] }, settings: { priority: 4 } });

    expect(matching([station, first])).toEqual({ approved: ['first', 'station'], pending: [] });
  });

  it('says what was tried when the format is unknown, and how to name a converter', () => {
    expect(look([csv, station], { name: 'a.bin' })).toEqual({
      kind: 'refused',
      code: 'converter_refused',
      reason: expect.stringMatching(/format is unknown.*tried "csv", "station".*--converter NAME/),
      candidates: ['csv', 'station'],
    });
  });

  it('refuses an empty file', () => {
    expect(look([csv], { text: '' })).toMatchObject({ kind: 'refused', reason: expect.stringContaining('empty') });
  });

  it.each([
    ['cvs', 'did you mean "csv"'],
    ['something-else', 'there are "csv"'],
  ])('refuses the unknown name %s with a way out', (wanted, reason) => {
    expect(look([csv], { wanted })).toMatchObject({ kind: 'refused', reason: expect.stringContaining(reason) });
  });

  it('refuses a disabled and a refused converter with the reason', () => {
    expect(look([disabled], { wanted: 'off' })).toMatchObject({
      reason: expect.stringContaining('settings.off.enabled'),
    });
    expect(look([refused], { wanted: 'bad' })).toMatchObject({ reason: expect.stringContaining('is no code') });
  });

  it('waits for the approval of a converter that was asked for', () => {
    const pending = makeConverter('mine', { state: 'pending', match: { extensions: ['.csv'] } });

    expect(look([csv, pending], { wanted: 'mine' })).toEqual({
      kind: 'waiting',
      reason: 'converter_pending',
      message: expect.stringContaining('"mine"'),
    });
  });

  it('keeps what nobody has approved apart', () => {
    const greedy = makeConverter('greedy', { state: 'pending', match: { names: ['*'], headContains: ['#'] } });

    expect(matching([greedy, csv, disabled, refused])).toEqual({ approved: ['csv'], pending: ['greedy'] });
  });
});
