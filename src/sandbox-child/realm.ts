// One context ready for a job: prelude and library inside, host functions outside, everything frozen.

import {
  type Context,
  callGuest,
  type GuestValue,
  type Isolate,
  property,
  type Script,
  takeGlobal,
} from './isolate.ts';

/** The bundled text of `prelude/main.ts`: put here by `npm run bundle`. */
declare const AIRLOCK_PRELUDE: string;

/** Scripts that run in each context of an isolate, compiled once. */
export type RealmScripts = { readonly prelude: Script; readonly guest: Script };

/** A context that has not seen its converter yet. */
export type Realm = {
  readonly context: Context;
  /** Names that `airlock/converter` exports. */
  readonly exportNames: readonly string[];
  readonly configure: GuestValue;
  readonly expose: GuestValue;
  readonly start: GuestValue;
  readonly poll: GuestValue;
  readonly probe: GuestValue;
  /** Remember something of this context that `release` lets go. */
  readonly keep: <T extends Releasable>(value: T) => T;
  /**
   * Let the context and all that was kept of it go.
   *
   * Invariant: every reference is kept; one that is forgotten holds its whole context until the isolate is full.
   */
  readonly release: () => void;
};

type Releasable = { readonly release: () => void };

/** Milliseconds that our own code may take inside a context; far more than it needs. */
export const OWN_CODE_MS = 10_000;

/**
 * Compile what every context of an isolate begins with.
 *
 * @param isolate - A fresh isolate.
 * @param guest - The bundled guest script.
 */
export function compileRealmScripts(isolate: Isolate, guest: string): RealmScripts {
  return {
    prelude: isolate.compileScriptSync(AIRLOCK_PRELUDE, { filename: 'airlock:prelude' }),
    guest: isolate.compileScriptSync(guest, { filename: 'airlock:guest' }),
  };
}

function readNames(text: string): readonly string[] {
  const names: unknown = JSON.parse(text);
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

/**
 * Make a context and bring it to the point where a converter may load.
 *
 * Order: the prelude cleans and takes its primordials, the library runs, both leave the global object, the realm is frozen.
 *
 * @param isolate - The converter's isolate.
 * @param scripts - Of the same isolate.
 */
export function prepareRealm(isolate: Isolate, scripts: RealmScripts): Realm {
  const context = isolate.createContextSync();
  const kept: Releasable[] = [context];
  const keep = <T extends Releasable>(value: T): T => {
    kept.push(value);
    return value;
  };
  scripts.prelude.runSync(context, { timeout: OWN_CODE_MS });
  const prelude = keep(takeGlobal(context, '__airlockPrelude'));
  const part = (name: string): GuestValue => keep(property(prelude, name));
  scripts.guest.runSync(context, { timeout: OWN_CODE_MS });
  const exportNames = readNames(callGuest(part('adopt'), [], { timeoutMs: OWN_CODE_MS }));
  return {
    context,
    exportNames,
    configure: part('configure'),
    expose: part('expose'),
    start: part('start'),
    poll: part('poll'),
    probe: part('probe'),
    keep,
    release: () => {
      for (const value of kept.reverse()) value.release();
    },
  };
}
