import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKernelLock, readLockOwner } from '../../../src/disk/kernel-lock.ts';

const OWNER = { pid: 4711, startedAtUnixMs: Date.UTC(2026, 2, 4) };
let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-lock-'));
  path = join(folder, 'owner.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('openKernelLock()', () => {
  it('refuses a second owner and names the first', async () => {
    await using _lock = await openKernelLock(path, OWNER);

    await expect(openKernelLock(path, { ...OWNER, pid: 1 })).rejects.toMatchObject({
      code: 'already_running',
      message: `Cannot lock ${path}: process 4711 holds it since 2026-03-04T00:00:00.000Z`,
      data: OWNER,
    });
    expect(await readLockOwner(path)).toEqual(OWNER);
  });

  it('is free after disposal, which may happen twice, and takes its name away', async () => {
    const lock = await openKernelLock(path, OWNER);
    await lock[Symbol.asyncDispose]();
    await using _next = await openKernelLock(path, { ...OWNER, pid: 2 });
    await lock[Symbol.asyncDispose]();

    expect(await readLockOwner(path)).toEqual({ ...OWNER, pid: 2 });
  });

  it('takes a lock whose holder left its name behind', async () => {
    writeFileSync(`${path}.owner.json`, JSON.stringify({ ...OWNER, pid: 1 }));
    await using _lock = await openKernelLock(path, OWNER);

    expect(await readLockOwner(path)).toEqual(OWNER);
  });

  it.each(['', 'x', '{"pid":"1"}'])('says "another process" where the name reads %o', async (text) => {
    await using _lock = await openKernelLock(path, OWNER);
    writeFileSync(`${path}.owner.json`, text);

    await expect(openKernelLock(path, OWNER)).rejects.toMatchObject({
      message: `Cannot lock ${path}: another process holds it`,
    });
  });

  it('refuses a file that is no lock, and leaves no name', async () => {
    writeFileSync(path, 'something else entirely'.repeat(100));

    await expect(openKernelLock(path, OWNER)).rejects.toMatchObject({ code: 'cannot_write' });
    expect(existsSync(`${path}.owner.json`)).toBe(false);
  });

  it('refuses a folder that is not there', async () => {
    await expect(openKernelLock(join(folder, 'no', 'lock'), OWNER)).rejects.toMatchObject({ code: 'cannot_write' });
  });

  it.skipIf(process.platform === 'win32')('makes its files readable by their owner only', async () => {
    await using _lock = await openKernelLock(path, OWNER);

    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}.owner.json`).mode & 0o777).toBe(0o600);
  });
});
