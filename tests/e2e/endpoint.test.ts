import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { canonicalReport, submitText, untilDelivery } from '../support/e2e.ts';

const lines = (log: string): readonly Record<string, unknown>[] =>
  log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('ipc.transport', () => {
  it.each(['node-ipc', 'node'] as const)(
    '%s carries a report to its destination, and the log says which it is',
    async (transport) => {
      await using home = await makeTestHome();
      await home.configure({ ipc: { transport } });
      const daemon = await home.start();
      await using client = await home.connect();

      const submissionId = await submitText(client, canonicalReport());
      const row = await untilDelivery(client, submissionId, 'delivered');
      const { endpoint } = JSON.parse(readFileSync(path.join(home.places.run, 'default.json'), 'utf8'));

      expect(row.state).toBe('delivered');
      expect(lines(daemon.log()).find(({ msg }) => msg === 'ready')).toMatchObject({ transport });
      expect(lstatSync(endpoint).mode & 0o777).toBe(0o600);
      expect(await daemon.end('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(existsSync(endpoint)).toBe(false);
    },
  );

  it('of another name ends the start with 78', async () => {
    await using home = await makeTestHome();

    const { exitCode, stderr } = await home.airlock(['run', '--set', 'ipc.transport=tcp']);

    expect(exitCode).toBe(78);
    expect(stderr).toContain('ipc.transport');
  });
});

describe('a home whose path is too long for a socket', () => {
  it('has its socket in a private folder with a short name, says so in the log, and callers find it', async () => {
    await using home = await makeTestHome();
    const long = path.join(home.home, 'x'.repeat(100));
    mkdirSync(long, { mode: 0o700 });
    const child = home.airlock(['--home', long, 'run']);
    const ready = await home.airlock(['--home', long, 'wait', '--ready', '--timeout', '60 s']);
    const { endpoint } = JSON.parse(readFileSync(path.join(long, 'run', 'default.json'), 'utf8'));

    const status = await home.airlock(['--home', long, 'status', '--json']);
    const folder = lstatSync(path.dirname(endpoint));
    await home.airlock(['--home', long, 'stop']);
    const { stderr } = await child;

    expect([ready.exitCode, status.exitCode]).toEqual([0, 0]);
    expect(endpoint).toMatch(/^\/tmp\/airlock-\d+\/[0-9a-f]{16}\.sock$/);
    expect(folder.mode & 0o777).toBe(0o700);
    expect(lines(stderr).find(({ socket }) => socket === endpoint)).toMatchObject({ level: 'warn' });
    expect(existsSync(endpoint)).toBe(false);
  });
});

describe('an impostor that took the endpoint first', () => {
  it('learns a nonce and no proof; the command ends with 77, and the daemon does not take the socket over', async () => {
    await using home = await makeTestHome();
    const daemon = await home.start();
    const { endpoint } = JSON.parse(readFileSync(path.join(home.places.run, 'default.json'), 'utf8'));
    const discovery = readFileSync(path.join(home.places.run, 'default.json'), 'utf8');
    const { key } = JSON.parse(readFileSync(path.join(home.places.keys, 'local.json'), 'utf8'));
    await daemon.end('SIGTERM');
    const heard: Buffer[] = [];
    const impostor = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        heard.push(bytes);
        const { id } = JSON.parse(bytes.subarray(4).toString('utf8'));
        const result = { protocol: 1, instance: 'default', nonce: 'A'.repeat(43), proof: 'B'.repeat(43) };
        const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, result }));
        const head = Buffer.alloc(4);
        head.writeUInt32BE(body.length);
        socket.write(Buffer.concat([head, body]));
      });
    });
    const before = process.umask(0o177);
    impostor.listen(endpoint);
    process.umask(before);
    writeFileSync(path.join(home.places.run, 'default.json'), discovery, { mode: 0o600 });

    const { exitCode, stdout, stderr } = await home.airlock(['status', '--json']);
    const second = await home.airlock(['run']);
    impostor.close();
    rmSync(path.join(home.places.run, 'default.json'));

    const said = heard.map((bytes) => JSON.parse(bytes.subarray(4).toString('utf8')));
    expect(exitCode).toBe(77);
    expect(said.map(({ method, params }) => [method, Object.keys(params).toSorted()])).toEqual([
      ['hello', ['client', 'kid', 'nonce', 'protocol']],
    ]);
    expect(Buffer.concat(heard).toString('latin1') + stdout + stderr).not.toContain(key);
    expect(second.exitCode).toBe(73);
    expect(second.stderr).toContain('another program answers there');
  });
});
