// First script of every context: cleans the realm, keeps the library apart, and starts a conversion inside the wall.

import type { GuestRuntime, Host } from '../../guest/host.ts';
import { cleanRealm } from './clean.ts';
import { freezeRealm } from './freeze.ts';
import { configureRealm, seedRealm } from './seeded.ts';

type RawHost = readonly [
  pull: Host['pull'],
  /** A record, or the length of one that is too long. */
  part: (record: string | number) => number,
  attach: Host['attach'],
  log: Host['log'],
  progress: Host['progress'],
];

/** Arguments of `start`: the host's functions, the converter's default export, the job as JSON. */
export type StartParts = readonly [...host: RawHost, definition: unknown, job: string];

/** What the runner finds in `globalThis.__airlockPrelude` and takes off the global object. */
export type Prelude = {
  /** See {@link configureRealm}. */
  readonly configure: (nowUnixMs: number, seed: number) => void;
  /** Take the guest's runtime off the global object, freeze the realm; answers the names of the library's exports as JSON. */
  readonly adopt: () => string;
  /** Put the library's exports onto the global object for the one module that hands them out, and off again. */
  readonly expose: (isExposed: boolean) => void;
  /** Run the converter; answers the guest's end as JSON. */
  readonly start: (...parts: StartParts) => string;
  readonly poll: () => string;
  /** Ask the converter about the beginning of a file; answers as JSON. */
  readonly probe: (definition: unknown, head: string) => string;
};

type Globals = {
  __airlockGuest?: GuestRuntime;
  __airlockPrelude?: Prelude;
  __airlockLibrary?: GuestRuntime['exports'];
};

const globals: Globals = globalThis as Globals;
const { apply, deleteProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const { stringify } = JSON;
const substring = getOwnPropertyDescriptor(String.prototype, 'substring')?.value as (
  start: number,
  end: number,
) => string;
const { freeze, setPrototypeOf } = Object;

/** Source: sandbox/channel.ts, whose sizes these are in characters. */
const RECORD_CHARACTERS = 65_536;
const ATTACH_CHARACTERS = 262_144;
const LOG_CHARACTERS = 1_048_576;
const END_CHARACTERS = 4_194_304;
const LIMIT = 1;

const TOO_LARGE = stringify({ kind: 'failed', name: 'Error', message: 'the end of the run is no text', stack: '' });

const cut = (text: string, start: number, end: number): string => apply(substring, text, [start, end]);

let guest: GuestRuntime | null = null;

/** Only strings and numbers of a bounded size reach the border, and the functions of the border themselves stay in here. */
function makeHost(raw: RawHost): Host {
  const [pull, part, attach, log, progress] = raw;
  const host: Host = {
    pull: (index) => (typeof index === 'number' ? pull(index) : ''),
    part: (record) => {
      if (typeof record !== 'string') return LIMIT;
      return part(record.length > RECORD_CHARACTERS ? record.length : record);
    },
    attach: (bytes) => {
      if (typeof bytes !== 'string') return LIMIT;
      let status = 0;
      for (let at = 0; at < bytes.length && status === 0; at += ATTACH_CHARACTERS)
        status = attach(cut(bytes, at, at + ATTACH_CHARACTERS));
      return status;
    },
    log: (level, text) => {
      if (typeof level !== 'number' || typeof text !== 'string') return LIMIT;
      return log(level, text.length > LOG_CHARACTERS ? cut(text, 0, LOG_CHARACTERS) : text);
    },
    progress: (fraction) => (typeof fraction === 'number' ? progress(fraction) : LIMIT),
  };
  setPrototypeOf(host, null);
  return freeze(host);
}

function checked(end: unknown): string {
  return typeof end === 'string' && end.length <= END_CHARACTERS ? end : TOO_LARGE;
}

function adopt(): string {
  guest = globals.__airlockGuest ?? null;
  deleteProperty(globals, '__airlockGuest');
  if (guest === null) throw new TypeError('Cannot adopt the guest: it left no runtime');
  freezeRealm(guest.exports);
  return stringify(ownKeys(guest.exports).filter((name) => typeof name === 'string'));
}

function expose(isExposed: boolean): void {
  if (isExposed && guest !== null) globals.__airlockLibrary = guest.exports;
  else deleteProperty(globals, '__airlockLibrary');
}

cleanRealm();
seedRealm();

globals.__airlockPrelude = {
  configure: configureRealm,
  adopt,
  expose,
  start: (...[pull, part, attach, log, progress, definition, job]) =>
    checked(guest?.run(makeHost([pull, part, attach, log, progress]), definition, job)),
  poll: () => checked(guest?.poll()),
  probe: (definition, head) => checked(guest?.probe(definition, head)),
};
