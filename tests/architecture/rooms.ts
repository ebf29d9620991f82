// The table of architecture.md 3 as data: which room may import which, and why the rest may not.

/** May a room import another: everything, only types, or not at all. */
export type Permission = 'all' | 'types';

/** One room: who it may import, which npm packages it may use, and its reason for being so small. */
export type Room = {
  readonly imports: Readonly<Record<string, Permission>>;
  readonly packages: readonly string[];
  readonly why: string;
};

const everyRoomAsTypes: Readonly<Record<string, Permission>> = {
  config: 'types',
  report: 'types',
  link: 'types',
  server: 'types',
  store: 'types',
  sandbox: 'types',
  conversion: 'types',
  delivery: 'types',
  intake: 'types',
  gate: 'types',
  observe: 'types',
};

/** Rooms below `src`, in the order of a report's trip. */
export const ROOMS: Readonly<Record<string, Room>> = {
  core: {
    imports: {},
    packages: [],
    why: 'vocabulary and pure policy: everything stands on it, so it stands on nothing',
  },
  disk: {
    imports: { core: 'all' },
    packages: ['write-file-atomic'],
    why: 'primitives of the disk know no product',
  },
  config: {
    imports: { core: 'all', disk: 'all' },
    packages: ['zod', 'jsonc-parser'],
    why: 'configuration must load when nothing else can',
  },
  protocol: {
    imports: { core: 'all', report: 'all' },
    packages: ['zod'],
    why: 'the wire as data, shared by both ends, runs no code of either',
  },
  report: {
    imports: { core: 'all' },
    packages: ['zod'],
    why: 'the model must not know where reports come from or go to',
  },
  link: {
    imports: { core: 'all', disk: 'all', protocol: 'all' },
    packages: ['node-ipc'],
    why: 'both ends of the wire, neither end of the product',
  },
  server: {
    imports: { core: 'all', link: 'all', protocol: 'all', config: 'types' },
    packages: [],
    why: 'a session must not reach the store but through a handler',
  },
  client: {
    imports: { core: 'all', disk: 'all', link: 'all', protocol: 'all' },
    packages: [],
    why: 'a caller must not drag the daemon in',
  },
  handlers: {
    imports: { core: 'all', protocol: 'all', ...everyRoomAsTypes },
    packages: [],
    why: 'a handler gets what it names as a parameter and nothing else',
  },
  intake: {
    imports: { core: 'all', disk: 'all', config: 'types', store: 'types' },
    packages: ['chokidar'],
    why: 'a watch folder takes in through the one door like everybody else',
  },
  gate: {
    imports: { core: 'all', disk: 'all' },
    packages: ['acorn', 'zod'],
    why: 'it reads hostile files in a worker of its own',
  },
  sandbox: {
    imports: { core: 'all', config: 'types' },
    packages: ['zod'],
    why: 'the parent side of the wall knows no report',
  },
  'sandbox-child': {
    imports: { core: 'all', 'sandbox/channel.ts': 'all', 'sandbox/outcome.ts': 'all', 'guest/host.ts': 'types' },
    packages: ['isolated-vm'],
    why: 'what is sealed holds nothing that is not needed inside',
  },
  guest: {
    imports: { 'report/rules.ts': 'all', report: 'types' },
    packages: ['saxes', 'papaparse', 'fflate', 'zod/mini'],
    why: 'it runs among code nobody has to trust',
  },
  conversion: {
    imports: { core: 'all', disk: 'all', gate: 'all', report: 'all', sandbox: 'all', config: 'types', store: 'types' },
    packages: [],
    why: 'one conversion must be possible without store or daemon',
  },
  store: {
    imports: { core: 'all', disk: 'all', config: 'types' },
    packages: [],
    why: 'the durable truth depends on nobody who could bend it',
  },
  delivery: {
    imports: { core: 'all', disk: 'all', report: 'all', config: 'types', store: 'types' },
    packages: ['ipaddr.js'],
    why: 'it must run against any store that keeps the type',
  },
  observe: {
    imports: { core: 'all', disk: 'all', config: 'types' },
    packages: ['pino'],
    why: 'logging must never be able to stop a room',
  },
  doctor: {
    imports: {
      core: 'all',
      disk: 'all',
      config: 'all',
      protocol: 'all',
      link: 'all',
      client: 'all',
      sandbox: 'all',
      store: 'types',
    },
    packages: [],
    why: 'it works with the daemon dead and writes nothing',
  },
  daemon: {
    imports: {
      core: 'all',
      disk: 'all',
      config: 'all',
      protocol: 'all',
      report: 'all',
      link: 'all',
      server: 'all',
      handlers: 'all',
      gate: 'all',
      sandbox: 'all',
      conversion: 'all',
      store: 'all',
      delivery: 'all',
      intake: 'all',
      observe: 'all',
    },
    packages: [],
    why: 'the one composition root',
  },
  cli: {
    imports: {
      core: 'all',
      disk: 'all',
      config: 'all',
      protocol: 'all',
      client: 'all',
      report: 'all',
      doctor: 'all',
      conversion: 'all',
      gate: 'all',
      sandbox: 'all',
      daemon: 'all',
    },
    packages: ['commander', 'cli-table3', 'listr2', 'zod'],
    why: 'commands talk to the daemon as every other program does',
  },
  'index.ts': {
    imports: { client: 'all', core: 'all', protocol: 'all', report: 'all', guest: 'types' },
    packages: [],
    why: 'the public names',
  },
};

/** Files that may be the only importer of a package. */
export const SINGLE_IMPORTERS: Readonly<Record<string, string>> = {
  'node-ipc': 'src/link/transport.ts',
  'isolated-vm': 'src/sandbox-child/isolate.ts',
};

/** Names that only some places may use; everyone else takes them as a parameter. */
export const RESERVED_NAMES: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  { name: 'process.env', pattern: /\bprocess\.env\b/ },
  { name: 'process.exit', pattern: /\bprocess\.exit\b/ },
  { name: 'console', pattern: /\bconsole\./ },
  { name: 'Date.now', pattern: /\bDate\.now\b|new Date\(\)/ },
  { name: 'Math.random', pattern: /\bMath\.random\b/ },
  { name: 'setTimeout', pattern: /\bset(Timeout|Interval)\(/ },
];

/** Where the reserved names may stand: folders end with `/`. */
export const RESERVED_NAME_PLACES: readonly string[] = [
  'src/daemon/',
  'src/cli/',
  'src/observe/',
  'src/core/clock.ts',
  'src/client/connect.ts',
];
