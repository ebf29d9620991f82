import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SMALLEST_CONVERTER } from '../support/converter-folder.ts';
import { makeTestHome } from '../support/daemon.ts';
import {
  canonicalReport,
  CONVERTERS_AUTO,
  documents,
  submitText,
  untilDelivery,
  watsAt,
  writeOwnConverter,
  writeToken,
} from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { startSink } from '../support/sink/client.ts';

const BAD =
  "import { defineConverter } from 'airlock/converter';\nimport fs from 'node:fs';\n" +
  "export default defineConverter({ convert() { fs.rmSync('/'); } });\n";

const shared = shareDaemon({
  prepare: async (home) => {
    await home.configure({ ...CONVERTERS_AUTO, daemon: { drain: '90 s' } });
    await writeOwnConverter(home, 'bad', { source: BAD, extension: '.bad' });
  },
});

const TOKEN = 'dG9rZW46bmV2ZXItc2hvdy10aGlz';

describe('airlock destination', () => {
  it('list counts what waits and says why', async () => {
    await using sink = await startSink({ mode: { kind: 'status', status: 401 } });
    await using home = await makeTestHome();
    // No probe while it is looked at: the delivery would be on its way.
    await home.configure(watsAt(sink.url, { retry: { first: '100 ms', probe: '1 h' } }));
    await writeToken(home);
    await home.start();
    await using client = await home.connect();
    await untilDelivery(client, await submitText(client, canonicalReport()), 'held');

    const { stdout } = await home.airlock(['destination', 'list', '--json']);

    expect(documents(stdout)).toMatchObject([
      { name: 'wats', type: 'wats', state: 'held', since: expect.any(String), deliveries: { held: 1 } },
    ]);
  });

  it('test asks the server without a report, and shows no token anywhere', async () => {
    await using sink = await startSink({ mode: { kind: 'quote_token' } });
    await using home = await makeTestHome();
    await home.configure(watsAt(sink.url));
    await writeToken(home, TOKEN);
    const daemon = await home.start();

    const refused = await home.airlock(['destination', 'test', 'wats', '--json']);
    await sink.setMode({ kind: 'status', status: 200, body: '"24.1"' });
    const taken = await home.airlock(['destination', 'test', 'wats', '--json']);
    const requests = await sink.requests();

    expect([refused.exitCode, taken.exitCode]).toEqual([1, 0]);
    expect(documents(taken.stdout)).toMatchObject([
      { ok: true, steps: ['secret', 'resolve', 'connect', 'authenticate'].map((name) => ({ name, result: 'ok' })) },
    ]);
    expect(requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
    expect([refused.stdout, refused.stderr, taken.stdout, daemon.log()].join('')).not.toContain(TOKEN);
  });

  it('test writes a file into a folder and takes it away; an unknown name is refused', async () => {
    const { home } = shared;

    const folder = await home.airlock(['destination', 'test', 'folder']);
    const unknown = await home.airlock(['destination', 'test', 'nowhere', '--json']);

    expect(folder).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('ok      write') });
    expect(unknown.exitCode).toBe(1);
    expect(documents(unknown.stdout)).toMatchObject([{ error: { code: 'not_found' } }]);
  });
});

describe('airlock converter', () => {
  it('list shows which run, which do not, and why', async () => {
    const { home } = shared;

    const { stdout } = await home.airlock(['converter', 'list', '--json']);

    const items = documents(stdout);
    expect(items.find(({ name }) => name === 'csv-semicolon')).toMatchObject({
      state: 'approved',
      origin: 'bundled',
      reason: null,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(items.find(({ name }) => name === 'bad')).toMatchObject({
      state: 'refused',
      version: null,
      findings: [{ code: 'no-node-builtin', line: 2 }],
    });
  });

  it('check needs no daemon and says where, why and what instead', async () => {
    await using home = await makeTestHome();
    await writeOwnConverter(home, 'bad', { source: BAD, extension: '.bad' });

    const byName = await home.airlock(['converter', 'check', 'bad', '--json']);
    const byFolder = await home.airlock(['converter', 'check', path.join(home.places.converters, 'bad')]);
    const good = await home.airlock(['converter', 'check', 'csv-semicolon']);
    const missing = await home.airlock(['converter', 'check', 'nobody']);

    expect([byName, byFolder, good, missing].map(({ exitCode }) => exitCode)).toEqual([65, 65, 0, 66]);
    expect(documents(byName.stdout)).toMatchObject([
      { name: 'bad', passed: false, findings: [{ file: 'converter.ts', line: 2, column: expect.any(Number) }] },
    ]);
    expect(byFolder.stdout).toMatch(/^converter\.ts:2:\d+ error no-node-builtin: /);
  });

  it('check holds a manifest against the limits of this station', async () => {
    await using home = await makeTestHome();
    await home.configure({ sandbox: { limits: { wall: '10 s' } } });
    await writeOwnConverter(home, 'slow', { source: SMALLEST_CONVERTER, extension: '.slow' });
    const file = path.join(home.places.converters, 'slow', 'converter.json');
    await writeFile(file, '{ "name": "slow", "version": "1.0.0",\n  "limits": { "wall": "11 s" } }');

    const { exitCode, stdout } = await home.airlock(['converter', 'check', 'slow']);

    expect(exitCode).toBe(65);
    expect(stdout).toMatch(/^converter\.json:2:23 error limit-too-high: .*asks for 11 s.* allows 10 s/);
  });
});

describe('airlock config', () => {
  it('show hides a secret that stands in the file, and says where values come from', async () => {
    await using home = await makeTestHome();
    const text =
      '{ "queue": { "maxItems": 7 },\n "destinations": { "w": { "type": "wats", "token": "PLAINTOKEN",\n "url": "https://u:PLAINPASS@h.example" } } }';
    await home.configure({});
    await writeFile(home.places.configFile, text);

    const shown = await home.airlock(['config', 'show', '--json']);
    const effective = await home.airlock(['config', 'show', '--effective', '--json']);
    const checked = await home.airlock(['config', 'validate', '--json']);

    expect(documents(shown.stdout)).toMatchObject([
      { state: 'invalid', config: { queue: { maxItems: 7 }, destinations: { w: { token: '[hidden]' } } } },
    ]);
    expect([shown, effective, checked].map(({ stdout }) => /PLAIN(TOKEN|PASS)/.test(stdout))).toEqual([
      false,
      false,
      false,
    ]);
    expect([shown.exitCode, effective.exitCode, checked.exitCode]).toEqual([0, 78, 78]);
    expect(documents(checked.stdout)).toMatchObject([{ schemaVersion: 1, valid: false, repairs: [] }]);
    expect(checked.stdout).not.toContain('"error":{');
  });

  it('show --effective --origin names file, line and variable, and writes units out', async () => {
    await using home = await makeTestHome();
    await home.configure({ daemon: { drain: '90 s' } });
    const env = { AIRLOCK_QUEUE__MAX_ITEMS: '5' };

    const { stdout } = await home.airlock(['config', 'show', '--effective', '--origin', '--json'], { env });

    expect(documents(stdout)).toMatchObject([
      {
        state: 'ok',
        config: { daemon: { drain: '90 s', abort: '5 s' }, queue: { maxItems: 5 } },
        origins: {
          'daemon.drain': { origin: 'file', line: 3 },
          'daemon.abort': { origin: 'default' },
          'queue.maxItems': { origin: 'environment', variable: 'AIRLOCK_QUEUE__MAX_ITEMS' },
        },
      },
    ]);
  });

  it('validate FILE checks that file by itself, schema and path answer without a daemon', async () => {
    await using home = await makeTestHome();
    const other = path.join(home.home, 'other.jsonc');
    await writeFile(other, '{ "queue": { "maxItems": "many" } }');

    const invalid = await home.airlock(['config', 'validate', other, '--json']);
    const missing = await home.airlock(['config', 'validate', `${other}.not`, '--json']);
    const schema = await home.airlock(['config', 'schema']);
    const where = await home.airlock(['config', 'path', '--json']);

    expect([invalid, missing, schema, where].map(({ exitCode }) => exitCode)).toEqual([78, 66, 0, 0]);
    expect(documents(invalid.stdout)).toMatchObject([{ path: other, findings: [{ code: 'wrong_type', line: 1 }] }]);
    expect(JSON.parse(schema.stdout)).toMatchObject({ type: 'object', properties: { queue: {} } });
    expect(documents(where.stdout)).toEqual([{ schemaVersion: 1, path: home.places.configFile, exists: false }]);
  });

  it('is answered by a daemon as well, without secrets', async () => {
    const { client } = shared;

    const shown = await client.call('config/get', { effective: true });
    const checked = await client.call('config/validate', {});

    expect(shown).toMatchObject({ state: 'ok', config: { daemon: { drain: '90 s' } } });
    expect(checked).toMatchObject({ valid: true, findings: [] });
  });
});
