// The keys of a running daemon: listed, made, revoked, rotated, and void when their time is over. Source: protocol.md 3 and 13.
//
//   made ──► valid ──rotated──► expiring ──time over──► void
//               └───────revoked────┴──────────────────────┘

import { AirlockError } from '../core/errors.ts';
import type { KeyId } from '../core/ids.ts';
import { Secret } from '../core/secret.ts';
import { makeSemaphore } from '../core/semaphore.ts';
import { makeNonce, type RandomBytes } from './handshake.ts';
import type { KeyRecord } from './key-content.ts';
import { createKey, type KeyFolder, keyPathOf, type NewKey, removeKey, replaceKey } from './key-file.ts';
import { assertMayCreate, assertMayRevoke, chooseKeepMs, existsAlready, nextKid } from './key-rules.ts';
import { type KeyTable, type KeyTableDeps, makeKeyTable, type PlacedKey } from './key-table.ts';
import type { KeyRing } from './keys.ts';

/** A key without its secret. */
export type KeyView = Omit<KeyRecord, 'secret'> & { readonly path: string };

/** What a rotation came to; `previous` is the old key while it stays valid, null where the key kept its name. */
export type Rotated = {
  readonly key: KeyView;
  readonly previous: KeyView | null;
  readonly connections: number;
};

/** Options of {@link KeyStore.rotate}; `keepMs` as {@link chooseKeepMs} says. */
export type RotateOptions = { readonly keepMs?: number | undefined };

/** Options of {@link KeyStore.revoke}. */
export type RevokeOptions = { readonly caller: KeyId; readonly isForced: boolean };

/** The keys of a daemon. Disposal stops the timer of what expires. */
export type KeyStore = Disposable & {
  readonly ring: KeyRing;
  /** Sorted by id. */
  readonly list: () => readonly KeyView[];
  /** @throws {AirlockError} invalid_params, conflict, request_failed; unavailable when the file cannot be written. */
  readonly create: (wanted: NewKey) => Promise<KeyView>;
  /**
   * Void at once, its connections end, then its file goes for good.
   *
   * @throws {AirlockError} not_found; request_failed `own_key`, `last_admin_key` unless forced; unavailable when the file stays:
   * the key is void all the same, until the next start.
   */
  readonly revoke: (kid: KeyId, options: RevokeOptions) => Promise<{ readonly connections: number }>;
  /** @throws {AirlockError} not_found, invalid_params, request_failed; unavailable. */
  readonly rotate: (kid: KeyId, options: RotateOptions) => Promise<Rotated>;
};

/** What a key store needs. */
export type KeyStoreDeps = KeyTableDeps & { readonly random: RandomBytes };

function toView({ record, folder }: PlacedKey): KeyView {
  const { secret: _secret, ...told } = record;
  return { ...told, path: keyPathOf(folder.directory, record.kid) };
}

/** The failure as a peer may see it: without the path of the folder. */
function cannotKeep(kid: KeyId, cause: unknown): AirlockError {
  if (cause instanceof AirlockError && cause.data.reason === 'exists') return existsAlready(kid);
  const message = `Cannot write key ${kid}: the system refused, the log says why`;
  return new AirlockError('unavailable', message, { cause, data: { reason: 'keys_folder' } });
}

/** The changes themselves; each expects to run alone. */
function makeChanges({ clock, log, random }: KeyStoreDeps, table: KeyTable, folder: KeyFolder) {
  async function keep<T>(kid: KeyId, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      log.warn({ err: cause, key: kid }, 'a key cannot be written');
      throw cannotKeep(kid, cause);
    }
  }

  async function make(wanted: NewKey): Promise<PlacedKey> {
    assertMayCreate(wanted.kid, table.records());
    const record = await keep(wanted.kid, () => createKey({ random, nowUnixMs: clock.nowUnixMs }, folder, wanted));
    const key = { record, folder };
    table.put(key);
    return key;
  }

  /** The same name, another secret, nothing kept. */
  async function renew(old: PlacedKey): Promise<Rotated> {
    const secret = new Secret(makeNonce(random));
    const record = { ...old.record, secret, created: new Date(clock.nowUnixMs()).toISOString() };
    const key = { record, folder: old.folder };
    let connections = 0;
    const swap = (): void => void (connections = table.swap(old, key));
    await keep(record.kid, () => replaceKey(old.folder, record, swap));
    return { key: toView(key), previous: null, connections };
  }

  /** A new name beside the old one, which expires. */
  async function succeed(old: PlacedKey, keepMs: number): Promise<Rotated> {
    const { kid, scopes, label } = old.record;
    // Order: the new one first. A crash between the two leaves an old one that does not expire, never none.
    const key = await make({ kid: nextKid(kid, table.has), scopes, label });
    const previous = { ...old, record: { ...old.record, expiresUnixMs: clock.nowUnixMs() + keepMs } };
    await keep(kid, () => replaceKey(old.folder, previous.record));
    table.put(previous);
    return { key: toView(key), previous: toView(previous), connections: 0 };
  }

  async function remove(key: PlacedKey): Promise<{ readonly connections: number }> {
    // Order: void first, so that nothing that fails below leaves it valid.
    const connections = table.drop(key);
    await keep(key.record.kid, () => removeKey(key.folder.directory, key.record.kid));
    return { connections };
  }

  return { make, renew, succeed, remove };
}

/**
 * Take over the keys of a daemon. Files that are put into the folder or changed there by hand are seen at the next start.
 *
 * @param deps - Clock, log and random bytes.
 * @param folder - Where new keys are made.
 * @param keys - Keys that were loaded; what has expired is removed.
 */
export function openKeyStore(deps: KeyStoreDeps, folder: KeyFolder, keys: readonly PlacedKey[]): KeyStore {
  const table = makeKeyTable(deps, keys);
  const changes = makeChanges(deps, table, folder);
  // One change at a time: each reads what there is before it writes.
  const turns = makeSemaphore(1);
  return {
    ring: table.ring,
    list: () =>
      table
        .all()
        .map(toView)
        .toSorted((a, b) => (a.kid < b.kid ? -1 : 1)),
    create: async (wanted) => {
      using _turn = await turns.acquire();
      return toView(await changes.make(wanted));
    },
    revoke: async (kid, { caller, isForced }) => {
      using _turn = await turns.acquire();
      const key = table.get(kid, 'revoke');
      if (!isForced) assertMayRevoke(key.record, table.records(), caller);
      return await changes.remove(key);
    },
    rotate: async (kid, { keepMs }) => {
      using _turn = await turns.acquire();
      const old = table.get(kid, 'rotate');
      const chosenMs = chooseKeepMs(old.record, keepMs);
      return chosenMs === 0 ? await changes.renew(old) : await changes.succeed(old, chosenMs);
    },
    [Symbol.dispose]: () => table[Symbol.dispose](),
  };
}
