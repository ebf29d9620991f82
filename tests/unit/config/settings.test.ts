import { describe, expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema/root.ts';
import { readCommandLine, readEnvironment, toVariableName } from '../../../src/config/settings.ts';

const read = (env: Record<string, string>) => readEnvironment(configSchema, env);

describe('readEnvironment()', () => {
  test.each([
    ['AIRLOCK_QUEUE__MAX_ITEMS', '5000', ['queue', 'maxItems'], 5000],
    ['AIRLOCK_DAEMON__DRAIN', '30 s', ['daemon', 'drain'], '30 s'],
    ['AIRLOCK_CONVERTERS__BUNDLED', 'false', ['converters', 'bundled'], false],
    ['AIRLOCK_SANDBOX__LIMITS__WALL_PER_MIB', '1 s', ['sandbox', 'limits', 'wallPerMiB'], '1 s'],
    ['AIRLOCK_SANDBOX__LIMITS__WALL_PER_MI_B', '1 s', ['sandbox', 'limits', 'wallPerMiB'], '1 s'],
    ['AIRLOCK_DESTINATIONS__WATS_2__URL', 'https://x', ['destinations', 'wats-2', 'url'], 'https://x'],
    ['AIRLOCK_DESTINATIONS__W__TOKEN', '{"secret":"t"}', ['destinations', 'w', 'token'], { secret: 't' }],
    ['AIRLOCK_STATION__NAME', '{not json', ['station', 'name'], '{not json'],
  ])('reads %s=%s', (from, text, path, value) => {
    expect(read({ [from]: text })).toEqual({ settings: [{ path, value, origin: 'environment', from }], findings: [] });
  });

  test('leaves reserved names and other programs alone', () => {
    const env = { AIRLOCK_HOME: 'a', AIRLOCK_INSTANCE: 'b', AIRLOCK_KEY: 'c', AIRLOCK_ENDPOINT: 'd' };

    expect(read({ ...env, AIRLOCK_SECRET_WATS_TOKEN: 'e', AIRLOCK_LAUNCHER: '1', PATH: '/bin' })).toEqual({
      settings: [],
      findings: [],
    });
  });

  test.each([
    ['AIRLOCK_QUEUE_MAX_ITEMS', 'AIRLOCK_QUEUE__MAX_ITEMS'],
    ['AIRLOCK_HOMES', 'AIRLOCK_HOME'],
    ['AIRLOCK_QUEUE__MAX_ITEM', 'AIRLOCK_QUEUE__MAX_ITEMS'],
    ['AIRLOCK_SOMETHING', undefined],
    ['AIRLOCK_', undefined],
  ])('warns about %s', (name, suggestion) => {
    const { settings, findings } = read({ [name]: 'x' });

    expect(settings).toEqual([]);
    expect(findings).toEqual([expect.objectContaining({ severity: 'warning', code: 'unknown_key' })]);
    expect(findings[0]?.suggestion).toBe(suggestion);
  });

  test('keeps a value that is nested too deeply as text', () => {
    const text = '{"a":'.repeat(70) + '1' + '}'.repeat(70);

    expect(read({ AIRLOCK_QUEUE: text }).settings[0]?.value).toBe(text);
  });
});

describe('readCommandLine()', () => {
  test('reads JSON where it is JSON, else text, in the order given', () => {
    const { settings } = readCommandLine(['a.b=1', 'a.b=x=y', 'c=', 'd="1"']);

    expect(settings.map(({ path, value }) => [path.join('.'), value])).toEqual([
      ['a.b', 1],
      ['a.b', 'x=y'],
      ['c', ''],
      ['d', '1'],
    ]);
  });

  test.each(['queue.maxItems', '=1', 'a..b=1', 'a b=1', ''])('refuses %j', (text) => {
    expect(readCommandLine([text])).toEqual({
      settings: [],
      findings: [expect.objectContaining({ severity: 'error', code: 'syntax' })],
    });
  });
});

describe('toVariableName()', () => {
  test('writes levels with two underscores and words with one', () => {
    expect(toVariableName(['destinations', 'line-2', 'maxBytes'])).toBe('AIRLOCK_DESTINATIONS__LINE_2__MAX_BYTES');
  });
});
