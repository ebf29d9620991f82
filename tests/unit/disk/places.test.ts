import { describe, expect, test } from 'vitest';
import { type PlacesInput, resolvePlaces } from '../../../src/disk/places.ts';

const linux: PlacesInput = { env: {}, platform: 'linux', homedir: '/home/eva', tmpdir: '/tmp', uid: 1000 };
const mac: PlacesInput = { ...linux, platform: 'darwin', homedir: '/Users/eva', tmpdir: '/var/folders/x/T' };
const windows: PlacesInput = {
  env: { APPDATA: 'C:\\Users\\eva\\AppData\\Roaming', LOCALAPPDATA: 'C:\\Users\\eva\\AppData\\Local' },
  platform: 'win32',
  homedir: 'C:\\Users\\eva',
  tmpdir: 'C:\\Temp',
  uid: null,
};

describe('resolvePlaces()', () => {
  test('puts everything of AIRLOCK_HOME under one folder', () => {
    expect(resolvePlaces({ ...linux, env: { AIRLOCK_HOME: '/srv/air', XDG_RUNTIME_DIR: '/run/user/1000' } })).toEqual({
      instance: 'default',
      home: '/srv/air',
      configFile: '/srv/air/config.jsonc',
      keys: '/srv/air/keys',
      secrets: '/srv/air/secrets',
      converters: '/srv/air/converters',
      run: '/srv/air/run',
      state: '/srv/air/state',
      archive: '/srv/air/archive',
      log: '/srv/air/log',
      delivered: '/srv/air/delivered',
      service: { run: '/run/airlock', keys: '/etc/airlock/keys', record: '/etc/airlock/service.json' },
      looksForService: false,
    });
  });

  test('prefers the home that was named to AIRLOCK_HOME', () => {
    expect(resolvePlaces({ ...linux, home: '/a', env: { AIRLOCK_HOME: '/b' } }).home).toBe('/a');
  });

  test('looks for a system service unless the home was named, and not on Windows', () => {
    const looks = [linux, windows, { ...linux, home: '/a' }, { ...linux, env: { AIRLOCK_HOME: '/b' } }].map(
      (input) => resolvePlaces(input).looksForService,
    );

    expect(looks).toEqual([true, false, false, false]);
  });

  test('knows where a system service is found on macOS and Windows', () => {
    expect(resolvePlaces(mac).service.run).toBe('/var/run/airlock');
    expect(resolvePlaces(windows).service).toEqual({
      run: 'C:\\ProgramData\\airlock\\run',
      keys: 'C:\\ProgramData\\airlock\\keys',
      record: 'C:\\ProgramData\\airlock\\service.json',
    });
    expect(resolvePlaces({ ...windows, env: { PROGRAMDATA: 'D:\\PD' } }).service.run).toBe('D:\\PD\\airlock\\run');
  });

  test('keeps configuration and state apart on Linux', () => {
    const places = resolvePlaces(linux);

    expect([places.home, places.state, places.log, places.delivered, places.run]).toEqual([
      '/home/eva/.config/airlock',
      '/home/eva/.local/state/airlock/state',
      '/home/eva/.local/state/airlock/log',
      '/home/eva/.local/state/airlock/delivered',
      '/tmp/airlock-1000',
    ]);
  });

  test('follows absolute XDG variables and ignores relative ones', () => {
    const env = { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: 'relative', XDG_RUNTIME_DIR: '/run/user/1000' };

    const places = resolvePlaces({ ...linux, env });

    expect([places.home, places.archive, places.run]).toEqual([
      '/c/airlock',
      '/home/eva/.local/state/airlock/archive',
      '/run/user/1000/airlock',
    ]);
  });

  test('keeps state in the home on macOS', () => {
    const places = resolvePlaces(mac);

    expect([places.home, places.state, places.run]).toEqual([
      '/Users/eva/Library/Application Support/airlock',
      '/Users/eva/Library/Application Support/airlock/state',
      '/var/folders/x/T/airlock-1000',
    ]);
  });

  test('takes roaming and local folders on Windows', () => {
    const places = resolvePlaces({ ...windows, instance: 'b' });

    expect([places.configFile, places.state, places.run]).toEqual([
      'C:\\Users\\eva\\AppData\\Roaming\\airlock\\instances\\b\\config.jsonc',
      'C:\\Users\\eva\\AppData\\Local\\airlock\\instances\\b\\state',
      'C:\\Users\\eva\\AppData\\Local\\airlock',
    ]);
  });

  test('gives an instance its own folders and the root runtime folder', () => {
    const places = resolvePlaces({ ...linux, env: { AIRLOCK_HOME: '/srv', AIRLOCK_INSTANCE: 'line-2' } });

    expect([places.instance, places.home, places.state, places.run]).toEqual([
      'line-2',
      '/srv/instances/line-2',
      '/srv/instances/line-2/state',
      '/srv/run',
    ]);
  });

  test('takes an empty variable for a missing one', () => {
    expect(resolvePlaces({ ...linux, env: { AIRLOCK_HOME: '', AIRLOCK_INSTANCE: '' } }).home).toBe(
      '/home/eva/.config/airlock',
    );
  });

  test.each(['a'.repeat(31), 'a'.repeat(32), '0', 'a-b'])('accepts instance %s', (instance) => {
    expect(resolvePlaces({ ...linux, instance }).instance).toBe(instance);
  });

  test.each(['a'.repeat(33), '', '-a', 'A', '..', 'a/b', 'a.b'])('refuses instance %j', (instance) => {
    expect(() => resolvePlaces({ ...linux, instance })).toThrowError(expect.objectContaining({ code: 'usage' }));
  });

  test('refuses a relative home', () => {
    expect(() => resolvePlaces({ ...linux, home: 'air' })).toThrowError(/must be an absolute path/);
  });
});
