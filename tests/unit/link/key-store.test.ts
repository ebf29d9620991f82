import { randomBytes } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { toKeyId } from '../../../src/core/ids.ts';
import { ownKeyFolder } from '../../../src/link/key-file.ts';
import { openKeyStore } from '../../../src/link/key-store.ts';
import { ensureKeys } from '../../../src/link/keys.ts';
import { makeManualClock } from '../../support/manual-clock.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const LOCAL = toKeyId('local');
const SUBMIT = toKeyId('submit');

async function openKeys() {
  const temporary = await makeTemporaryFolder();
  const directory = join(temporary.path, 'keys');
  const clock = makeManualClock();
  const records = await ensureKeys({ random: randomBytes, nowUnixMs: clock.nowUnixMs }, directory);
  const folder = ownKeyFolder(directory);
  const keys = openKeyStore(
    { clock, log: silentLogger, random: randomBytes },
    folder,
    records.map((record) => ({ record, folder })),
  );
  const revoked: string[] = [];
  keys.ring.onRevoked(({ kid }) => revoked.push(kid));
  return {
    keys,
    clock,
    directory,
    revoked,
    kids: () => keys.list().map(({ kid }) => kid),
    [Symbol.asyncDispose]: async () => {
      keys[Symbol.dispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

const failureOf = (promise: Promise<unknown>): Promise<{ code: string; message: string; data: unknown }> =>
  promise.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error) => error,
  );

describe('rotate()', () => {
  it.each([
    [999, ['local', 'submit', 'submit-r2'], []],
    [1000, ['local', 'submit-r2'], ['submit']],
  ])('after %i of 1,000 ms leaves %j', async (ms, kids, revoked) => {
    await using store = await openKeys();
    const before = store.keys.ring.find('submit');
    await store.keys.rotate(SUBMIT, { keepMs: 1000 });

    store.clock.advance(ms);

    expect([store.kids(), store.revoked]).toEqual([kids, revoked]);
    expect(store.keys.ring.find('submit')?.secret).toBe(revoked.length === 0 ? before?.secret : undefined);
  });

  it('looks at the wall clock each minute, since it may be set, and stops with the store', async () => {
    await using store = await openKeys();
    await store.keys.rotate(SUBMIT, { keepMs: 3_600_000 });

    store.clock.advance(59 * 60_000);
    const pending = store.clock.pending();
    store.keys[Symbol.dispose]();

    expect([pending, store.clock.pending()]).toEqual([1, 0]);
    expect(store.kids()).toContain('submit');
  });

  it('sent twice at once is done once', async () => {
    await using store = await openKeys();

    const ends = await Promise.allSettled([store.keys.rotate(SUBMIT, {}), store.keys.rotate(SUBMIT, {})]);

    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(store.kids()).toEqual(['local', 'submit', 'submit-r2']);
  });

  it('that keeps nothing swaps the secret under the same name and tells who held the old one', async () => {
    await using store = await openKeys();
    const before = store.keys.ring.find('local');

    await store.keys.rotate(LOCAL, {});

    const after = store.keys.ring.find('local');
    expect(after?.secret.reveal()).not.toBe(before?.secret.reveal());
    expect(JSON.parse(await readFile(join(store.directory, 'local.json'), 'utf8')).key).toBe(after?.secret.reveal());
    expect(store.revoked).toEqual(['local']);
  });
});

describe('a folder that fails', () => {
  it('leaves a key void that is revoked, and names no path to the caller', async () => {
    await using store = await openKeys();
    await rename(store.directory, `${store.directory}.gone`);

    const revoke = await failureOf(store.keys.revoke(SUBMIT, { caller: LOCAL, isForced: false }));
    const create = await failureOf(store.keys.create({ kid: toKeyId('line-3'), scopes: ['read'] }));
    const rotate = await failureOf(store.keys.rotate(LOCAL, {}));

    expect([revoke, create, rotate].map(({ code, data }) => [code, data])).toEqual(
      Array.from({ length: 3 }, () => ['unavailable', { reason: 'keys_folder' }]),
    );
    expect(`${revoke.message}${create.message}${rotate.message}`).not.toContain(store.directory);
    expect([store.kids(), store.revoked]).toEqual([['local'], ['submit']]);
  });
});
