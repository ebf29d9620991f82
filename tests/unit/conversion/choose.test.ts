import { describe, expect, it } from 'vitest';
import { chooseConverter } from '../../../src/conversion/choose.ts';
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

function choose(
  converters: readonly RegisteredConverter[],
  over: { name?: string; text?: string; wanted?: string } = {},
) {
  const { name = 'a.csv', text = '#Station', wanted = null } = over;
  const choice = chooseConverter(converters, { name, bytes: Buffer.from(text), wanted });
  return choice.kind === 'converter' ? choice.converter.name : choice;
}

describe('chooseConverter()', () => {
  it('takes the one that was asked for, whatever matches', () => {
    expect(choose([csv, station], { wanted: 'csv', name: 'x.bin' })).toBe('csv');
  });

  it('takes a canonical file as it is, unless a converter was asked for', () => {
    const text = '{"schema": "airlock.report/1"}';

    expect(choose([csv], { text })).toEqual({ kind: 'canonical' });
    expect(choose([csv], { text, wanted: 'csv' })).toBe('csv');
  });

  it('takes the more specific of two matches', () => {
    expect(choose([csv, station])).toBe('station');
    expect(choose([csv, station], { text: 'other' })).toBe('csv');
  });

  it('lets priority win over specificity', () => {
    const first = makeConverter('first', { match: { extensions: ['.csv'] }, settings: { priority: 4 } });

    expect(choose([station, first])).toBe('first');
  });

  it('refuses a tie and names the candidates', () => {
    const twin = makeConverter('twin', { match: { extensions: ['.csv'] } });

    expect(choose([csv, twin], { text: 'x' })).toEqual({
      kind: 'refused',
      code: 'converter_refused',
      reason: expect.stringContaining('"csv", "twin" match equally well'),
      candidates: ['csv', 'twin'],
    });
  });

  it('says what was tried when the format is unknown, and how to name a converter', () => {
    expect(choose([csv, station], { name: 'a.bin' })).toEqual({
      kind: 'refused',
      code: 'converter_refused',
      reason: expect.stringMatching(/format is unknown.*tried "csv", "station".*--converter NAME/),
      candidates: ['csv', 'station'],
    });
  });

  it('refuses an empty file', () => {
    expect(choose([csv], { text: '' })).toMatchObject({ kind: 'refused', reason: expect.stringContaining('empty') });
  });

  it.each([
    ['cvs', 'did you mean "csv"'],
    ['something-else', 'there are "csv"'],
  ])('refuses the unknown name %s with a way out', (wanted, reason) => {
    expect(choose([csv], { wanted })).toMatchObject({ kind: 'refused', reason: expect.stringContaining(reason) });
  });

  it('refuses a disabled and a refused converter with the reason', () => {
    expect(choose([disabled], { wanted: 'off' })).toMatchObject({
      reason: expect.stringContaining('settings.off.enabled'),
    });
    expect(choose([refused], { wanted: 'bad' })).toMatchObject({ reason: expect.stringContaining('is no code') });
  });

  it('waits for the approval of a converter that was asked for, or is the only match', () => {
    const pending = makeConverter('mine', { state: 'pending', match: { extensions: ['.csv'] } });
    const waiting = { kind: 'waiting', reason: 'converter_pending', message: expect.stringContaining('"mine"') };

    expect(choose([csv, pending], { wanted: 'mine' })).toEqual(waiting);
    expect(choose([pending, disabled, refused])).toEqual(waiting);
  });

  it('lets an unapproved converter have no say while an approved one matches', () => {
    const greedy = makeConverter('greedy', { state: 'pending', match: { names: ['*'], headContains: ['#'] } });

    expect(choose([greedy, csv])).toBe('csv');
  });
});
