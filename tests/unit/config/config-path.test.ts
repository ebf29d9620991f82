import { describe, expect, test } from 'vitest';
import { resolveConfigPath } from '../../../src/config/config-path.ts';

const places = { home: '/srv/air', archive: '/var/air/archive', delivered: '/var/air/delivered' };
const windows = { home: 'C:\\Air', archive: 'D:\\archive', delivered: 'D:\\delivered' };

describe('resolveConfigPath()', () => {
  test.each([
    ['inbox', '/srv/air/inbox'],
    ['./a/../b', '/srv/air/b'],
    ['/data/ict', '/data/ict'],
    ['archive', '/var/air/archive'],
    ['delivered', '/var/air/delivered'],
    ['delivered/b', '/srv/air/delivered/b'],
  ])('%s leads to %s', (path, expected) => {
    expect(resolveConfigPath(places, path, { platform: 'linux' })).toBe(expected);
  });

  test.each([
    ['in/box', 'C:\\Air\\in\\box'],
    ['in\\box', 'C:\\Air\\in\\box'],
    ['D:/Data/ICT', 'D:\\Data\\ICT'],
    ['//server/share/x', '\\\\server\\share\\x'],
    ['delivered', 'D:\\delivered'],
  ])('%s leads to %s on Windows', (path, expected) => {
    expect(resolveConfigPath(windows, path, { platform: 'win32' })).toBe(expected);
  });
});
