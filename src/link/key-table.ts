// The keys that a running daemon holds, and the timer of those that expire.

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { KeyId } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import type { KeyRecord } from './key-content.ts';
import { type KeyFolder, removeKey } from './key-file.ts';
import { type KeyRing, makeKeyRing } from './keys.ts';

/** A key and the folder its file lies in. */
export type PlacedKey = { readonly record: KeyRecord; readonly folder: KeyFolder };

/** Keys by id. Disposal stops the timer of what expires. */
export type KeyTable = Disposable & {
  readonly ring: KeyRing;
  readonly all: () => readonly PlacedKey[];
  readonly records: () => readonly KeyRecord[];
  readonly has: (kid: string) => boolean;
  /** @throws {AirlockError} not_found; `verb` is for the message. */
  readonly get: (kid: KeyId, verb: string) => PlacedKey;
  readonly put: (key: PlacedKey) => void;
  /** Void from here on. @returns how many connections that ends. */
  readonly drop: (key: PlacedKey) => number;
  /** Its name stays, with another secret. @returns how many connections that ends. */
  readonly swap: (old: PlacedKey, next: PlacedKey) => number;
};

/** What a table needs. */
export type KeyTableDeps = { readonly clock: Pick<Clock, 'nowUnixMs' | 'after'>; readonly log: Logger };

/** The wall clock may be set: what expires is looked at again after this time at the latest. Milliseconds. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Make the table. What has expired already is void, and its file is removed.
 *
 * @param keys - Keys that were loaded.
 */
export function makeKeyTable({ clock, log }: KeyTableDeps, keys: readonly PlacedKey[]): KeyTable {
  const held = new Map<string, PlacedKey>(keys.map((key) => [key.record.kid, key]));
  const ring = makeKeyRing(keys.map(({ record }) => record));
  let timer: Disposable | null = null;
  const all = (): readonly PlacedKey[] => [...held.values()];
  const isOver = ({ expiresUnixMs }: KeyRecord): boolean =>
    expiresUnixMs !== null && expiresUnixMs <= clock.nowUnixMs();

  function put(key: PlacedKey): void {
    held.set(key.record.kid, key);
    ring.put(key.record);
    watch();
  }

  function drop({ record }: PlacedKey): number {
    held.delete(record.kid);
    return ring.revoke(record);
  }

  function expire(key: PlacedKey): void {
    const { kid } = key.record;
    const connections = drop(key);
    log.info({ key: kid, connections }, 'a key that was rotated has expired');
    removeKey(key.folder.directory, kid).catch((err: unknown) =>
      log.warn({ err, key: kid }, 'the file of an expired key cannot be removed'),
    );
  }

  function watch(): void {
    timer?.[Symbol.dispose]();
    for (const key of all().filter(({ record }) => isOver(record))) expire(key);
    const due = all().flatMap(({ record }) => record.expiresUnixMs ?? []);
    const waitMs = Math.min(LOOK_AGAIN_MS, ...due.map((unixMs) => unixMs - clock.nowUnixMs()));
    timer = due.length === 0 ? null : clock.after(waitMs, watch);
  }

  function get(kid: KeyId, verb: string): PlacedKey {
    const key = held.get(kid);
    if (key !== undefined) return key;
    throw new AirlockError('not_found', `Cannot ${verb} key ${kid}: there is none of that name`);
  }

  watch();
  return {
    ring: {
      onRevoked: ring.onRevoked,
      find: (kid) => {
        const key = held.get(kid);
        return key === undefined || isOver(key.record) ? null : key.record;
      },
    },
    all,
    records: () => all().map(({ record }) => record),
    has: (kid) => held.has(kid),
    get,
    put,
    drop,
    swap: (old, next) => {
      put(next);
      return ring.revoke(old.record);
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}
