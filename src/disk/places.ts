// Where everything of one instance lies on this machine. Pure: reads no variable and no disk by itself.

import { posix, win32 } from 'node:path';
import { AirlockError } from '../core/errors.ts';
import { type InstanceName, isName, toInstanceName } from '../core/ids.ts';

/** Environment variables by name, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What {@link resolvePlaces} needs to know about the call and the machine. */
export type PlacesInput = {
  /** `--home`; wins over `AIRLOCK_HOME`. Absolute. */
  readonly home?: string | undefined;
  /** `--instance`; wins over `AIRLOCK_INSTANCE`. */
  readonly instance?: string | undefined;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** The user's home folder. */
  readonly homedir: string;
  /** The user's folder for temporary files. */
  readonly tmpdir: string;
  /** Own user id; null where there is none (Windows). */
  readonly uid: number | null;
};

/** Where a system service is found by the people of its groups: the same for every user of the machine. */
export type ServicePlaces = {
  /** Socket and discovery file. */
  readonly run: string;
  /** Keys of the groups. */
  readonly keys: string;
  /** Says which user the service runs as; root's file. */
  readonly record: string;
};

/** Absolute paths of one instance. Only `run` is shared with other instances of the same home. */
export type Places = {
  readonly instance: InstanceName;
  /** Of this instance: configuration, keys, secrets and converters lie in it. */
  readonly home: string;
  readonly configFile: string;
  readonly keys: string;
  readonly secrets: string;
  readonly converters: string;
  /** Runtime folder: sockets and discovery files, each with the instance's name. */
  readonly run: string;
  readonly state: string;
  readonly archive: string;
  readonly log: string;
  readonly delivered: string;
  readonly service: ServicePlaces;
  /**
   * Does a client go on to the system service where no daemon of its own runs? Not when its home was named, and not on Windows: it
   * cannot see whose a folder is there, and anybody may make one below %PROGRAMDATA%.
   */
  readonly looksForService: boolean;
};

// The instance that rules when none is named.
const DEFAULT_INSTANCE = toInstanceName('default');

type Roots = {
  readonly home: string;
  readonly state: string;
  readonly run: string;
  /** Was it named by `--home` or `AIRLOCK_HOME`? */
  readonly isNamed: boolean;
};

function present(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

function readInstance(input: PlacesInput): InstanceName {
  const text = input.instance ?? present(input.env['AIRLOCK_INSTANCE']) ?? DEFAULT_INSTANCE;
  if (isName(text)) return toInstanceName(text);
  const rule = 'a name is at most 32 lower-case letters, digits and "-", and does not start with "-"';
  throw new AirlockError('usage', `Cannot use instance ${JSON.stringify(text)}: ${rule}`);
}

function windowsRoots({ env, homedir }: PlacesInput): Roots {
  const roaming = present(env['APPDATA']) ?? win32.join(homedir, 'AppData', 'Roaming');
  const local = win32.join(present(env['LOCALAPPDATA']) ?? win32.join(homedir, 'AppData', 'Local'), 'airlock');
  return { home: win32.join(roaming, 'airlock'), state: local, run: local, isNamed: false };
}

// Source: XDG Base Directory Specification 0.8: a relative path in one of its variables is to be ignored.
function xdg(text: string | undefined): string | null {
  const path = present(text);
  return path !== null && posix.isAbsolute(path) ? path : null;
}

function unixRoots({ env, homedir, platform, tmpdir, uid }: PlacesInput): Roots {
  const runtime = xdg(env['XDG_RUNTIME_DIR']);
  const run = runtime === null ? posix.join(tmpdir, `airlock-${uid ?? 'user'}`) : posix.join(runtime, 'airlock');
  if (platform === 'darwin') {
    const home = posix.join(homedir, 'Library', 'Application Support', 'airlock');
    return { home, state: home, run, isNamed: false };
  }
  const config = xdg(env['XDG_CONFIG_HOME']) ?? posix.join(homedir, '.config');
  const state = xdg(env['XDG_STATE_HOME']) ?? posix.join(homedir, '.local', 'state');
  return { home: posix.join(config, 'airlock'), state: posix.join(state, 'airlock'), run, isNamed: false };
}

function readRoots(input: PlacesInput): Roots {
  const isWindows = input.platform === 'win32';
  const path = isWindows ? win32 : posix;
  const given = input.home ?? present(input.env['AIRLOCK_HOME']);
  if (given === null) return isWindows ? windowsRoots(input) : unixRoots(input);
  if (!path.isAbsolute(given)) {
    throw new AirlockError('usage', `Cannot use home folder ${JSON.stringify(given)}: it must be an absolute path`);
  }
  const home = path.normalize(given);
  return { home, state: home, run: path.join(home, 'run'), isNamed: true };
}

/** Source: protocol.md 10. */
function servicePlaces({ env, platform }: PlacesInput): ServicePlaces {
  if (platform === 'win32') {
    const root = win32.join(present(env['PROGRAMDATA']) ?? 'C:\\ProgramData', 'airlock');
    return { run: win32.join(root, 'run'), keys: win32.join(root, 'keys'), record: win32.join(root, 'service.json') };
  }
  const run = platform === 'darwin' ? '/var/run/airlock' : '/run/airlock';
  return { run, keys: '/etc/airlock/keys', record: '/etc/airlock/service.json' };
}

/**
 * Say where everything of one instance lies. Nothing is created or checked on the disk.
 *
 * `home` or `AIRLOCK_HOME` puts everything under one folder; without it the folders of the user's platform are taken. An
 * instance other than `default` lies in `instances/<name>` below home and state; the runtime folder is the root's.
 *
 * @throws {AirlockError} usage when the instance's name or a relative home folder cannot be used.
 * Source: architecture.md 5, protocol.md 10.
 */
export function resolvePlaces(input: PlacesInput): Places {
  const path = input.platform === 'win32' ? win32 : posix;
  const instance = readInstance(input);
  const roots = readRoots(input);
  const below = instance === DEFAULT_INSTANCE ? [] : ['instances', instance];
  const home = path.join(roots.home, ...below);
  const stateRoot = path.join(roots.state, ...below);
  return {
    instance,
    home,
    configFile: path.join(home, 'config.jsonc'),
    keys: path.join(home, 'keys'),
    secrets: path.join(home, 'secrets'),
    converters: path.join(home, 'converters'),
    run: roots.run,
    state: path.join(stateRoot, 'state'),
    archive: path.join(stateRoot, 'archive'),
    log: path.join(stateRoot, 'log'),
    delivered: path.join(stateRoot, 'delivered'),
    service: servicePlaces(input),
    looksForService: !roots.isNamed && input.platform !== 'win32',
  };
}
