import { describe, expect, it } from 'vitest';
import { findFolderProblems } from '../../../src/config/folder-checks.ts';
import type { Remark } from '../../../src/config/remark.ts';
import { type AirlockConfigInput, configSchema } from '../../../src/config/schema/root.ts';
import { resolvePlaces } from '../../../src/disk/places.ts';

type Folders = NonNullable<NonNullable<AirlockConfigInput['intake']>['folders']>;

type Options = { readonly platform?: NodeJS.Platform; readonly there?: boolean };

function problems(folders: Folders, { platform = 'linux', there = true }: Options = {}): readonly string[] {
  const home = platform === 'win32' ? 'C:\\airlock' : '/home/op/airlock';
  const places = resolvePlaces({ home, env: {}, platform, homedir: '/home/op', tmpdir: '/tmp', uid: 1 });
  const config = configSchema.parse({ intake: { folders } });
  return [...findFolderProblems(config, { places, isFolder: () => there, platform })].map(
    ({ severity, code, path }) => `${severity} ${code} ${path.slice(2).join('.')}`,
  );
}

function unknownNames(folders: Folders, names: readonly string[] | null): readonly Remark[] {
  const places = resolvePlaces({ home: '/h', env: {}, platform: 'linux', homedir: '/h', tmpdir: '/tmp', uid: 1 });
  const config = configSchema.parse({ intake: { folders } });
  return [...findFolderProblems(config, { places, isFolder: () => true, converterNames: () => names })];
}

describe('findFolderProblems()', () => {
  it('allows a folder inside the home and one elsewhere', () => {
    expect(problems({ inbox: { path: 'inbox' }, ict: { path: '/data/ict' } })).toEqual([]);
  });

  it.each(['.', 'keys', 'secrets/x', 'run', 'state', 'log', 'delivered', 'converters/a'])(
    'refuses %s of the home',
    (path) => {
      expect(problems({ a: { path } })).toEqual(['error overlap a.path']);
    },
  );

  it('refuses a folder above the keys only when it is watched with all that is below', () => {
    expect(problems({ a: { path: '/home/op' } })).toEqual([]);
    expect(problems({ a: { path: '/home/op', recursive: true } })).toEqual(['error overlap a.path']);
  });

  it('refuses the same folder twice, and one inside another', () => {
    expect(problems({ a: { path: '/d' }, b: { path: '/d/' } })).toEqual([
      'error overlap a.path',
      'error overlap b.path',
    ]);
    expect(problems({ a: { path: '/d' }, b: { path: '/d/in' } })).toEqual(['error overlap b.path']);
    expect(problems({ a: { path: '/d' }, b: { path: '/d2' } })).toEqual([]);
  });

  it('refuses target folders that are watched, or that hold what is secret', () => {
    expect(problems({ a: { path: '/d', doneFolder: '.' } })).toEqual(['error overlap a.doneFolder']);
    expect(problems({ a: { path: '/d', errorFolder: '/home/op/airlock/keys' } })).toEqual([
      'error overlap a.errorFolder',
    ]);
    expect(problems({ a: { path: '/a', doneFolder: '/b/x' }, b: { path: '/b', recursive: true } })).toEqual([
      'error overlap a.doneFolder',
    ]);
    expect(problems({ a: { path: '/d', doneFolder: '.', onDone: 'delete' } })).toEqual([]);
  });

  it('warns of a folder that is not there, and looks at no disabled one', () => {
    expect(problems({ a: { path: '/d' } }, { there: false })).toEqual(['warning no_such_folder a.path']);
    expect(problems({ a: { path: 'keys', enabled: false } }, { there: false })).toEqual([]);
  });

  it('warns of a converter that nobody knows, with the one that was probably meant', () => {
    const known = ['keysight-i3070', 'own-one'];

    expect(unknownNames({ a: { path: '/a', converters: ['keysight-i307x'] } }, known)).toEqual([
      {
        severity: 'warning',
        code: 'no_such_name',
        path: ['intake', 'folders', 'a', 'converters', 0],
        at: 'value',
        message: 'names the converter "keysight-i307x", which does not exist: every file would be refused',
        suggestion: '"keysight-i3070"',
      },
    ]);
    expect(unknownNames({ a: { path: '/a', converters: ['nothing-near'] } }, known)[0]).not.toHaveProperty(
      'suggestion',
    );
    expect(unknownNames({ a: { path: '/a', converters: ['own-one'] }, b: { path: '/b' } }, known)).toEqual([]);
    expect(unknownNames({ a: { path: '/a', converters: ['own-two'], enabled: false } }, known)).toEqual([]);
  });

  it('says nothing of names where the converters cannot be listed', () => {
    expect(unknownNames({ a: { path: '/a', converters: ['own-two'] } }, null)).toEqual([]);
  });

  it('compares Windows paths without their case', () => {
    expect(problems({ a: { path: 'D:\\In' }, b: { path: 'd:/in/sub' } }, { platform: 'win32' })).toEqual([
      'error overlap b.path',
    ]);
  });
});
