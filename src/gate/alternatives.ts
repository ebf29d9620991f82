// What a converter does instead of importing a module: the second half of every refused import's message. Names of the library
// stand here only once it exports them.

/** The one module that a converter may import by name. */
export const LIBRARY = 'airlock/converter';

const INPUT = 'the file arrives as `input`: use input.text(), input.lines() or input.bytes()';
const NETWORK = 'a converter has no network: return what was read as a report, the daemon delivers it';
const PROCESS = 'a converter starts no programs and sees no machine: everything it needs arrives in `input` and `ctx`';
const PATH = 'use input.name, input.stem and input.extension';
const CSV = `import { csv } from '${LIBRARY}'`;
const DATE = `import { parseDate } from '${LIBRARY}'`;
const ENCODING = 'name the "encoding" in converter.json: text arrives decoded';
const BUNDLE = `only '${LIBRARY}' can be imported by name: bundle the package into the folder at build time, or copy the function you need`;
const NO_NODE = `a converter runs without Node: use what '${LIBRARY}', \`input\` and \`ctx\` offer`;

const BUILTINS: Readonly<Record<string, string>> = {
  fs: INPUT,
  stream: INPUT,
  readline: INPUT,
  path: PATH,
  url: PATH,
  http: NETWORK,
  https: NETWORK,
  http2: NETWORK,
  net: NETWORK,
  tls: NETWORK,
  dgram: NETWORK,
  dns: NETWORK,
  child_process: PROCESS,
  cluster: PROCESS,
  worker_threads: PROCESS,
  os: PROCESS,
  process: PROCESS,
  vm: PROCESS,
  module: PROCESS,
  crypto: 'for random numbers use ctx.random(); the daemon makes every id and hash',
  buffer: 'use input.bytes(): it gives a Uint8Array',
  string_decoder: ENCODING,
  timers: 'a converter does not wait: throw new RetryLater(reason) to be run again later',
};

const PACKAGES: Readonly<Record<string, string>> = {
  papaparse: CSV,
  'csv-parse': CSV,
  'csv-parser': CSV,
  'fast-csv': CSV,
  d3: CSV,
  dayjs: DATE,
  moment: DATE,
  luxon: DATE,
  'date-fns': DATE,
  'iconv-lite': ENCODING,
  axios: NETWORK,
  undici: NETWORK,
  'node-fetch': NETWORK,
};

function lookUp(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/**
 * What to do instead of importing a module of Node.
 *
 * @param specifier - As written, e.g. `node:fs/promises`.
 */
export function alternativeToBuiltin(specifier: string): string {
  const name = specifier.replace(/^node:/, '').split('/')[0] ?? '';
  return lookUp(BUILTINS, name) ?? NO_NODE;
}

/**
 * What to do instead of importing an npm package.
 *
 * @param specifier - As written, e.g. `lodash/get`.
 */
export function alternativeToPackage(specifier: string): string {
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  return lookUp(PACKAGES, name) ?? BUNDLE;
}

/** What to do instead of an import by URL. */
export const ALTERNATIVE_TO_URL =
  'nothing is loaded from a network: put the file into the folder and import it as "./name.ts"';

const TEXT = 'text arrives decoded: name the "encoding" in converter.json';
const CODE = 'write the code into the file: nothing is made out of text at run time';

const GLOBALS: Readonly<Record<string, string>> = {
  eval: CODE,
  Function: CODE,
  WebAssembly: CODE,
  console: `import { log } from '${LIBRARY}'`,
  crypto: BUILTINS['crypto'] ?? NO_NODE,
  Buffer: BUILTINS['buffer'] ?? NO_NODE,
  atob: `import { decodeBase64 } from '${LIBRARY}'`,
  TextDecoder: TEXT,
  TextEncoder: TEXT,
  fetch: NETWORK,
  XMLHttpRequest: NETWORK,
  WebSocket: NETWORK,
  setTimeout: BUILTINS['timers'] ?? NO_NODE,
  setInterval: BUILTINS['timers'] ?? NO_NODE,
  setImmediate: BUILTINS['timers'] ?? NO_NODE,
  process: PROCESS,
  Intl: `import { parseDate, parseNumber } from '${LIBRARY}'`,
  require: `only '${LIBRARY}' and files of the folder can be imported, with \`import\``,
};

/**
 * What to do instead of using a global.
 *
 * @param name - As written, e.g. `Buffer`.
 */
export function alternativeToGlobal(name: string): string {
  return lookUp(GLOBALS, name) ?? NO_NODE;
}
