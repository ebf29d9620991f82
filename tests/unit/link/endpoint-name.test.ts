import { describe, expect, it } from 'vitest';
import {
  chooseSocketPath,
  isPipeName,
  makePipeName,
  pipeAccess,
  toBarePipeName,
} from '../../../src/link/endpoint-name.ts';

const place = { instance: 'default', home: '/home/u/.config/airlock', shortTemp: '/tmp', uid: 1000 };
/** A runtime folder in which the default instance's socket path has this many bytes. */
const runOf = (bytes: number): string => `/${'r'.repeat(bytes - 1 - '/default.sock'.length)}`;

describe('chooseSocketPath()', () => {
  it('lies in the runtime folder and bears the name of the instance', () => {
    const chosen = chooseSocketPath({ ...place, run: '/run/user/1000/airlock', instance: 'line-2' });

    expect(chosen).toEqual({ path: '/run/user/1000/airlock/line-2.sock', isShortened: false });
  });

  it.each([
    [102, false],
    [103, false],
    [104, true],
  ])('is shortened at %i bytes: %s', (bytes, isShortened) => {
    expect(chooseSocketPath({ ...place, run: runOf(bytes) }).isShortened).toBe(isShortened);
  });

  it('counts bytes, not characters', () => {
    expect(chooseSocketPath({ ...place, run: `/${'ä'.repeat(60)}` }).isShortened).toBe(true);
  });

  it('is a hash of the instance folder when shortened', () => {
    const first = chooseSocketPath({ ...place, run: runOf(200) });
    const other = chooseSocketPath({ ...place, run: runOf(200), home: '/home/u/.config/airlock/instances/line-2' });

    expect(first.path).toMatch(/^\/tmp\/airlock-1000\/[0-9a-f]{16}\.sock$/);
    expect(other.path).not.toBe(first.path);
  });
});

describe('makePipeName()', () => {
  it('holds 128 random bits', () => {
    const name = makePipeName((size) => Buffer.alloc(size, 0xab));

    expect(name).toBe(`\\\\.\\pipe\\airlock-${'ab'.repeat(16)}`);
    expect([isPipeName(name), toBarePipeName(name)]).toEqual([true, `airlock-${'ab'.repeat(16)}`]);
  });
});

describe('pipeAccess()', () => {
  it.each([
    ['\\\\.\\pipe\\airlock-00', true, true],
    ['\\\\.\\pipe\\airlock-00', false, false],
    ['/run/airlock/default.sock', true, false],
    ['/run/airlock/default.sock', false, false],
  ])('of %s, shared: %s, is open to all: %s', (endpoint, isShared, isOpen) => {
    expect(pipeAccess(endpoint, { isShared })).toEqual({ readableAll: isOpen, writableAll: isOpen });
  });
});

describe('toBarePipeName()', () => {
  it('leaves a socket path as it is', () => {
    expect([isPipeName('/run/default.sock'), toBarePipeName('/run/default.sock')]).toEqual([
      false,
      '/run/default.sock',
    ]);
  });
});
