import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { canonicalReport, documents, submitText, until } from '../support/e2e.ts';
import { isRunning } from '../support/processes.ts';

const mode = (file: string): string => (lstatSync(file).mode & 0o777).toString(8);

describe('airlock run on an empty home', () => {
  it('makes private folders and keys, listens on a private socket, says where in the discovery file, and logs JSON lines', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();

    const { places } = home;
    const discovery = JSON.parse(readFileSync(path.join(places.run, 'default.json'), 'utf8'));
    const lines = daemon
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

    expect([places.keys, places.run, places.state, places.secrets].map(mode)).toEqual(['700', '700', '700', '700']);
    expect(readdirSync(places.keys).toSorted()).toEqual(['local.json', 'submit.json']);
    expect(readdirSync(places.keys).map((file) => mode(path.join(places.keys, file)))).toEqual(['600', '600']);
    expect(mode(discovery.endpoint)).toBe('600');
    expect(discovery).toMatchObject({ instance: 'default', pid: daemon.child.pid, protocol: { min: 1, max: 1 } });
    expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'ready' });
    expect(daemon.log()).not.toContain(JSON.parse(readFileSync(path.join(places.keys, 'local.json'), 'utf8')).key);
    expect(await daemon.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(readdirSync(places.run)).toEqual([]);
  });

  it('refuses a second daemon on the same home with 73 and names who holds it, and the first one goes on', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();

    const second = await home.airlock(['run', '--json']);

    expect(second.exitCode).toBe(73);
    expect(documents(second.stdout)[0]).toMatchObject({
      schemaVersion: 1,
      error: { code: 'already_running', retryable: false },
    });
    expect(second.stdout).toContain(String(daemon.child.pid));
    expect((await home.airlock(['status', '--json'])).exitCode).toBe(0);
  });

  it('starts again at once after kill -9: what was acknowledged is still there, a stale socket goes and a live one stays', async () => {
    await using home = await makeTestHome();
    const first = await home.start();
    const { endpoint } = JSON.parse(readFileSync(path.join(home.places.run, 'default.json'), 'utf8'));
    const submissionId = await (async () => {
      await using client = await home.connect();
      return await submitText(client, canonicalReport());
    })();
    await first.end('SIGKILL');
    expect(lstatSync(endpoint).isSocket()).toBe(true);

    const again = await home.start();
    const submission = await (async () => {
      await using client = await home.connect();
      const ask = () => client.call('submission/get', { submissionId });
      return await until(client, ask, ({ reports }) => reports[0]?.state === 'delivered');
    })();
    await again.end('SIGTERM');
    const stranger = net.createServer();
    await new Promise<void>((resolve) => stranger.listen(endpoint, resolve));
    const refused = await home.airlock(['run']);
    const isAlive = await new Promise((resolve) =>
      net.connect(endpoint, () => resolve(true)).on('error', () => resolve(false)),
    );
    stranger.close();

    expect(submission.state).toBe('converted');
    expect(refused.exitCode).toBe(73);
    expect(refused.stderr).toContain('another program answers there');
    expect(isAlive).toBe(true);
  });

  it('ends when its launcher is killed', async () => {
    await using home = await makeTestHome();
    const launcher = path.resolve(import.meta.dirname, '../support/launch.ts');
    const pid = Number(spawnSync(process.execPath, [launcher, home.home], { encoding: 'utf8' }).stdout);

    // The launcher has exited: the daemon sees its end and stops by itself. It is no child of ours, so nothing tells when.
    while (await isRunning(pid)) await delay(20);

    expect(pid).toBeGreaterThan(1);
    expect(readdirSync(home.places.run)).toEqual([]);
    expect((await home.airlock(['status'])).exitCode).toBe(69);
  });
});

describe('a broken configuration', () => {
  it('ends the start with 78 and every finding at once, with file, line and column', async () => {
    await using home = await makeTestHome();
    writeFileSync(
      home.places.configFile,
      '{\n  "version": 2,\n  "queue": { "maxItems": -1 },\n  "daemon": { "drain": 30 },\n  "destinations": { "wats": { "type": "wats", "url": "https://u:p@example.com", "token": "plain" } }\n}\n',
      { mode: 0o600 },
    );

    const { exitCode, stdout, stderr } = await home.airlock(['run', '--json']);
    const error = documents(stdout)[0]?.['error'] as {
      code: string;
      details: { code: string; line: number; column: number; path: string }[];
    };

    expect(exitCode).toBe(78);
    expect(error.code).toBe('config_invalid');
    const places = error.details
      .filter(({ code }) => code !== 'masked')
      .map(({ code, path: key, line }) => `${code} ${key} ${line}`);
    expect(places).toEqual(
      expect.arrayContaining([
        'out_of_range queue.maxItems 3',
        'missing_unit daemon.drain 4',
        'plain_secret destinations.wats.token 5',
        'plain_secret destinations.wats.url 5',
      ]),
    );
    expect(stdout + stderr).not.toContain('u:p@');
  });
});
