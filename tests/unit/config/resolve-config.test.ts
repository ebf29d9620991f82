import { describe, expect, test } from 'vitest';
import { type ConfigSources, resolveConfig } from '../../../src/config/resolve-config.ts';
import { configSchema } from '../../../src/config/schema/root.ts';
import type { Finding } from '../../../src/core/findings.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8');

function resolve(text: string | null, more: Partial<ConfigSources> = {}) {
  const file = text === null ? null : { path: 'config.jsonc', bytes: bytesOf(text) };
  return resolveConfig({ file, env: {}, commandLine: [], hostname: 'bench-7', ...more });
}

/** `code path line:column severity`, which is all a test of a place needs. */
const brief = ({ code, path, line, column, severity }: Finding): string =>
  `${code} ${path} ${line ?? '-'}:${column ?? '-'} ${severity}`;

const briefs = (text: string, more: Partial<ConfigSources> = {}): readonly string[] =>
  resolve(text, more).findings.map(brief);

const wats = (more: string) => `{"destinations":{"w":{"type":"wats",${more}}}}`;

describe('resolveConfig() without trouble', () => {
  test('gives the defaults when no layer says anything', () => {
    const resolved = resolve(null);

    expect(resolved.config).toEqual(configSchema.parse({}));
    expect(resolved.findings).toEqual([]);
    expect(resolved.origins['queue.maxItems']).toEqual({ origin: 'default' });
  });

  test('reads comments, trailing commas and a byte-order mark', () => {
    const { config, findings } = resolve('\uFEFF{ // head\n "queue": { "maxItems": 5, }, /* tail */ }');

    expect([config?.queue.maxItems, findings]).toEqual([5, []]);
  });

  test('takes null for the default, in sections and values', () => {
    const { config } = resolve('{"queue":{"maxItems":null},"ipc":null,"destinations":null}');

    expect(config).toEqual(configSchema.parse({}));
  });

  test('freezes the configuration to its last level', () => {
    const { config } = resolve('{}');

    expect(Object.isFrozen(config?.ipc.preAuth)).toBe(true);
    expect(Object.isFrozen(config?.sandbox.requireWalls)).toBe(true);
  });

  test('keeps the own converter folder beside others, and takes destinations exactly', () => {
    const { config } = resolve(
      '{"converters":{"folders":{"more":{"path":"x"}}},"destinations":{"d":{"type":"directory"}}}',
    );

    expect(Object.keys(config?.converters.folders ?? {})).toEqual(['own', 'more']);
    expect(Object.keys(config?.destinations ?? {})).toEqual(['d']);
  });

  test('holds only the limits that were written for a converter', () => {
    const { config } = resolve('{"converters":{"settings":{"spea-ict":{"limits":{"cpu":"1 min"}}}}}');

    expect(config?.converters.settings['spea-ict']?.limits).toEqual({ cpu: 60_000 });
  });

  test('replaces placeholders in paths, addresses and station texts only', () => {
    const text = `{"station":{"name":"\${hostname}-a","location":"\${env:HALL}"},
      "converters":{"settings":{"c":{"arguments":{"x":"\${hostname}"}}}},
      "destinations":{"d":{"type":"directory","path":"~/out/\${hostname}"},
        "w":{"type":"wats","url":"https://\${env:HALL}.example.com","token":{"secret":"t"}}}}`;

    const { config } = resolve(text, { env: { HALL: 'h3', HOME: '/home/eva' } });

    expect(config?.station).toMatchObject({ name: 'bench-7-a', location: 'h3' });
    expect(config?.converters.settings['c']?.arguments).toEqual({ x: '${hostname}' });
    expect(config?.destinations).toMatchObject({
      d: { path: '/home/eva/out/bench-7' },
      w: { url: 'https://h3.example.com' },
    });
  });

  test('never reads what came out of a variable as a placeholder', () => {
    const { config } = resolve('{"station":{"name":"${env:A}"}}', { env: { A: '${env:B}', B: 'x' } });

    expect(config?.station.name).toBe('${env:B}');
  });
});

describe('resolveConfig() finds', () => {
  test.each([
    ['syntax', '{\n  "queue": { "maxItems" 5 }\n}', 'syntax  2:25 error'],
    ['syntax of an empty file', '', 'syntax  1:1 error'],
    ['unknown_key at the key', '{\n "queue": { "maxItem": 5 } }', 'unknown_key queue.maxItem 2:13 warning'],
    ['unknown_key at the root', '{"qeue": {}}', 'unknown_key qeue 1:2 warning'],
    [
      'unknown_key of a destination',
      wats('"url":"https://x","token":{"secret":"t"},"path":"p"'),
      'unknown_key destinations.w.path 1:78 warning',
    ],
    [
      'unknown_key in a reference',
      wats('"url":"https://x","token":{"secret":"t","x":1}'),
      'unknown_key destinations.w.token.x 1:77 error',
    ],
    ['wrong_type', '{"queue":{"maxItems":"5"}}', 'wrong_type queue.maxItems 1:22 error'],
    ['wrong_type of a fraction', '{"queue":{"maxItems":5.5}}', 'wrong_type queue.maxItems 1:22 error'],
    ['wrong_type of a section', '{"queue":[]}', 'wrong_type queue 1:10 error'],
    ['wrong_type of the root', '[]', 'wrong_type  1:1 error'],
    ['wrong_type of a root null', 'null', 'wrong_type  1:1 error'],
    ['wrong_type of a duration', '{"daemon":{"drain":true}}', 'wrong_type daemon.drain 1:20 error'],
    ['wrong_type of a unit', '{"daemon":{"drain":"5 m"}}', 'wrong_type daemon.drain 1:20 error'],
    [
      'wrong_type of a name, at the key',
      '{"destinations":{"W":{"type":"directory"}}}',
      'wrong_type destinations.W 1:18 error',
    ],
    ['wrong_type of a secret', wats('"url":"https://x","token":5'), 'wrong_type destinations.w.token 1:63 error'],
    [
      'wrong_type of an address',
      wats('"url":"ftp://x","token":{"secret":"t"}'),
      'wrong_type destinations.w.url 1:43 error',
    ],
    ['missing_unit', '{"daemon":{"drain":30}}', 'missing_unit daemon.drain 1:20 error'],
    ['missing_unit of a text', '{"limits":{"report":"30"}}', 'missing_unit limits.report 1:21 error'],
    ['out_of_range', '{"queue":{"maxItems":-1}}', 'out_of_range queue.maxItems 1:22 error'],
    ['out_of_range with a unit', '{"daemon":{"abort":"0"}}', 'out_of_range daemon.abort 1:20 error'],
    ['out_of_range in a union', '{"sandbox":{"runners":17}}', 'out_of_range sandbox.runners 1:23 error'],
    ['out_of_range between two keys', '{"ipc":{"perKey":65}}', 'out_of_range ipc.perKey 1:18 error'],
    ['not_one_of', '{"observe":{"log":{"level":"inf"}}}', 'not_one_of observe.log.level 1:28 error'],
    [
      'not_one_of in a list',
      '{"sandbox":{"requireWalls":["network","x"]}}',
      'not_one_of sandbox.requireWalls.1 1:39 error',
    ],
    ['not_one_of in a union', '{"sandbox":{"runners":"many"}}', 'not_one_of sandbox.runners 1:23 error'],
    [
      'not_one_of of a destination',
      '{"destinations":{"w":{"type":"wat"}}}',
      'not_one_of destinations.w.type 1:30 error',
    ],
    [
      'not_one_of for http',
      wats('"url":"http://x","token":{"secret":"t"}'),
      'not_one_of destinations.w.url 1:43 error',
    ],
    ['not_one_of of an old version', '{"version":1}', 'not_one_of version 1:12 error'],
    ['missing, at what is around it', '{"destinations":{"w":{}}}', 'missing destinations.w.type 1:22 error'],
    ['missing between two keys', '{"station":{"nameFrom":"fixed"}}', 'missing station.name 1:12 error'],
    ['missing in a reference', wats('"url":"https://x","token":{}'), 'missing destinations.w.token.secret 1:63 error'],
    ['missing variable', '{"station":{"name":"${env:NO}"}}', 'missing station.name 1:20 error'],
    ['missing placeholder', '{"station":{"name":"${host}"}}', 'missing station.name 1:20 error'],
    [
      'missing home for ~',
      '{"destinations":{"d":{"type":"directory","path":"~/x"}}}',
      'missing destinations.d.path 1:49 error',
    ],
    ['plain_secret', wats('"url":"https://x","token":"abc"'), 'plain_secret destinations.w.token 1:63 error'],
    [
      'plain_secret in an address',
      wats('"url":"https://u:p@x","token":{"secret":"t"}'),
      'plain_secret destinations.w.url 1:43 error',
    ],
    [
      'plain_secret over http',
      wats('"url":"http://x","allowHosts":["X"],"token":{"secret":"t"}'),
      'plain_secret destinations.w.url 1:43 warning',
    ],
    ['duplicate_key at the second', '{"queue":{},\n"queue":{}}', 'duplicate_key queue 2:1 error'],
    ['duplicate_key inside', '{"queue":{"maxItems":1,"maxItems":2}}', 'duplicate_key queue.maxItems 1:24 error'],
    ['newer_version', '{"version":3}', 'newer_version version 1:12 error'],
    [
      'a report limit over the output limit',
      '{"limits":{"report":"65 MiB"}}',
      'out_of_range limits.report 1:21 warning',
    ],
  ])('%s', (_name, text, expected) => {
    expect(briefs(text)).toEqual([expected]);
  });

  test('all of them at once, also behind a syntax error', () => {
    const text = '{\n "queue": { "maxItems": "5", },\n "daemon": { "drain" "1 s", "abort": 9 },\n "ipcs": 1\n}';

    expect(briefs(text)).toEqual(
      expect.arrayContaining([
        'syntax  3:22 error',
        'wrong_type queue.maxItems 2:25 error',
        'missing_unit daemon.abort 3:38 error',
        'unknown_key ipcs 4:2 warning',
      ]),
    );
  });

  test('lines after CR, LF and CR LF', () => {
    expect(briefs('{\r\n\r"a":1,\n"b":2}')).toEqual(['unknown_key a 3:1 warning', 'unknown_key b 4:1 warning']);
  });

  test('what was probably meant', () => {
    const { findings } = resolve('{"queue":{"maxitem":1},"observe":{"log":{"level":"warm"}},"zzz":1}');

    expect(findings.map(({ suggestion }) => suggestion)).toEqual(['maxItems', undefined, 'warn']);
  });

  test('no secret in its own words', () => {
    const { findings } = resolve(wats('"url":"https://user:hunter2@x","token":"hunter2"'));

    expect(findings).toHaveLength(2);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  test('bytes that are no UTF-8', () => {
    const file = { path: 'c', bytes: Buffer.from([0x7b, 0xff, 0x7d]) };

    expect(resolve(null, { file }).findings.map(brief)).toEqual(['syntax  1:1 error']);
  });

  test.each([
    [64, []],
    [65, ['syntax  1:69 error']],
  ])('nesting of %i levels', (depth, expected) => {
    const nested = `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

    expect(briefs(nested).filter((text) => text.startsWith('syntax'))).toEqual(expected);
  });

  test.each([
    [1024 ** 2, 0],
    [1024 ** 2 + 1, 1],
  ])('a file of %i bytes', (size, count) => {
    expect(resolve('{}'.padEnd(size))?.findings).toHaveLength(count);
  });
});

describe('resolveConfig() lays layers over each other', () => {
  const text = '{\n"queue": { "maxItems": 1, "receipts": { "count": 7 } } }';
  const env = { AIRLOCK_QUEUE__MAX_ITEMS: '2' };

  test('file over default, environment over file, command line over all', () => {
    const commandLine = ['queue.maxItems=3'];
    const maxItems = [resolve(text), resolve(text, { env }), resolve(text, { env, commandLine })].map(
      ({ config }) => config?.queue.maxItems,
    );

    expect(maxItems).toEqual([1, 2, 3]);
  });

  test('and says where each value comes from', () => {
    const { origins } = resolve(text, { env, commandLine: ['daemon.drain=1 s'] });

    expect(origins).toMatchObject({
      'queue.maxItems': { origin: 'environment', variable: 'AIRLOCK_QUEUE__MAX_ITEMS' },
      'queue.receipts.count': { origin: 'file', file: 'config.jsonc', line: 2 },
      'queue.receipts.keep': { origin: 'default' },
      'daemon.drain': { origin: 'command line' },
      'sandbox.requireWalls': { origin: 'default' },
    });
  });

  test('and names what is hidden, at the hidden value', () => {
    expect(briefs(text, { env })).toEqual(['masked queue.maxItems 2:24 info']);
  });

  test('null of a stronger layer is the default', () => {
    const { config, origins } = resolve(text, { commandLine: ['queue.maxItems=null'] });

    expect(config?.queue.maxItems).toBe(10_000);
    expect(origins['queue.maxItems']).toEqual({ origin: 'default' });
  });

  test('an object merges key by key, a list is replaced', () => {
    const { config, origins } = resolve('{"queue":{"maxItems":1},"sandbox":{"requireWalls":["network"]}}', {
      env: { AIRLOCK_QUEUE: '{"receipts":{"count":9}}', AIRLOCK_SANDBOX__REQUIRE_WALLS: '["files"]' },
    });

    expect(config?.queue).toMatchObject({ maxItems: 1, receipts: { count: 9 } });
    expect(config?.sandbox.requireWalls).toEqual(['files']);
    expect(origins['queue.maxItems']?.origin).toBe('file');
    expect(origins['queue.receipts.count']?.origin).toBe('environment');
  });

  test('a wrong value of the environment has no place in the file and names the variable', () => {
    const [finding] = resolve(text, { env: { AIRLOCK_QUEUE__MAX_ITEMS: 'many' } }).findings;

    expect(finding).toMatchObject({ code: 'wrong_type', path: 'queue.maxItems', file: null, line: null, column: null });
    expect(finding?.message).toContain('AIRLOCK_QUEUE__MAX_ITEMS');
  });

  test('an unknown key of the command line is an error', () => {
    const { config, findings } = resolve(null, { commandLine: ['queue.maxItem=1'] });

    expect([config, findings]).toEqual([
      null,
      [expect.objectContaining({ code: 'unknown_key', severity: 'error', suggestion: 'maxItems', line: null })],
    ]);
  });

  test('a key named __proto__ stays data', () => {
    const { findings } = resolve('{"__proto__":{"queue":{"maxItems":1}}}');

    expect(findings.map(brief)).toEqual(['unknown_key __proto__ 1:2 warning']);
    expect(({} as { queue?: unknown }).queue).toBeUndefined();
  });
});
