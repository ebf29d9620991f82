// The client of examples/python against the real daemon: a client in another language, written from docs/protocol.md alone.

import { randomBytes } from 'node:crypto';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { SMALLEST_CONVERTER } from '../support/converter-folder.ts';
import { canonicalReport, until, writeOwnConverter } from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const folder = path.resolve(import.meta.dirname, '../../examples/python');
const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status === 0;

type PythonEnd = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function startPython(argv: readonly string[], home = ''): ChildProcessWithoutNullStreams {
  const env = { PATH: process.env['PATH'] ?? '', PYTHONDONTWRITEBYTECODE: '1', HOME: home, AIRLOCK_HOME: home };
  return spawn('python3', argv, { cwd: folder, env });
}

async function python(argv: readonly string[], home = ''): Promise<PythonEnd> {
  const child = startPython(argv, home);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/** Run a program that prints one JSON document at its end. */
async function runScript(script: string, home: string): Promise<unknown> {
  const { stdout, stderr } = await python(['-c', `import json, sys\nfrom airlock_client import *\n${script}`], home);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe.skipIf(!hasPython)('the Python client (needs python3, 3.8 or later)', () => {
  const shared = shareDaemon();

  it('agrees with the golden transcripts', async () => {
    const { code, stderr } = await python(['-m', 'unittest']);

    expect(stderr).toMatch(/^Ran 1\d tests/m);
    expect(code).toBe(0);
  });

  it('submits a small file and hears its end', async () => {
    await using files = await makeTemporaryFolder();
    const file = path.join(files.path, 'small.json');
    await writeFile(file, canonicalReport('PY-1'));

    const { code, stdout, stderr } = await python(['submit.py', file], shared.home.home);

    expect(stderr).toBe('');
    expect(stdout).toMatch(/small\.json [0-9a-f-]{36} converted\n/);
    expect(code).toBe(0);
  });

  it('ends its wait for a file that a person deletes', async () => {
    await using home = await makeTestHome();
    await writeOwnConverter(home, 'later', { source: SMALLEST_CONVERTER, extension: '.later' });
    await home.start();
    await using client = await home.connect('local');
    const file = path.join(home.home, 'a.later');
    await writeFile(file, 'x');
    const ended = python(['submit.py', file], home.home);
    const waiting = async () => (await client.call('submission/list', { state: 'waiting' })).items[0];
    // Nobody has approved the converter.
    const submission = await until(client, waiting, (row) => row !== undefined);

    await client.call('submission/delete', { ids: [submission?.submissionId ?? ''] });

    expect(await ended).toMatchObject({ code: 65, stdout: expect.stringMatching(/a\.later [0-9a-f-]{36} deleted\n/) });
  });

  it('streams 5 MiB as it gets credit, and what it sends twice under one key is taken once', async () => {
    const answers = await runScript(
      `data = bytes(range(256)) * 20480
with connect() as airlock:
    first = airlock.submit('large.bin', data, key='00000000-0000-4000-8000-0000000000aa')
    again = airlock.submit('large.bin', data, key='00000000-0000-4000-8000-0000000000aa')
    print(json.dumps([len(data), hashlib.sha256(data).hexdigest(), first, again]))`,
      shared.home.home,
    );

    const [bytes, sha256, first, again] = answers as [number, string, Record<string, unknown>, unknown];
    expect(first).toMatchObject({ bytes: 5_242_880, sha256, duplicate: false });
    expect(again).toEqual({ ...first, duplicate: true });
    expect(bytes).toBe(5_242_880);
  });

  it('fetches an answer that is too large for one frame', async () => {
    const size = await runScript(
      `report = json.loads(sys.argv[1])
report['root']['steps'] = [dict(name='step %d' % n, kind='action', outcome='passed') for n in range(4000)]
with connect() as airlock:
    answer = airlock.convert('large.json', json.dumps(report))
    print(json.dumps([answer['outcome'], len(json.dumps(answer)) > 131072, len(answer['reports'][0]['root']['steps'])]))`.replace(
        'sys.argv[1]',
        JSON.stringify(canonicalReport('PY-2')),
      ),
      shared.home.home,
    );

    expect(size).toEqual(['converted', true, 4000]);
  });

  it('goes on with its events after a lost connection, without a gap', async () => {
    const states = await runScript(
      `report = ${JSON.stringify(canonicalReport('PY-3'))}
with connect() as airlock, connect() as watch:
    events = watch.events(['submission'])
    assert next(events)[0] == 'snapshot'
    watch._connection._stream.shutdown(socket.SHUT_RDWR)
    wanted = airlock.submit('a.json', report)['submissionId']
    heard = []
    while not heard or heard[-1] != 'converted':
        topic, data = next(events)
        assert topic == 'submission', topic
        if data['submissionId'] == wanted:
            heard.append(data['state'])
    print(json.dumps(heard))`,
      shared.home.home,
    );

    expect(states).toEqual(['received', 'converting', 'converted']);
  });

  it('tells codes of errors, with when to come back', async () => {
    const codes = await runScript(
      `with connect(key='submit') as airlock:
    codes = []
    for method, params in [('no/such', {}), ('ping', {'extra': 1}), ('queue/stats', {}), ('report/get', {'reportId': '0' * 8 + '-0000-0000-0000-' + '0' * 12})]:
        try:
            airlock.call(method, params)
        except AirlockError as error:
            codes.append([error.code, error.retryable])
    print(json.dumps(codes))`,
      shared.home.home,
    );

    expect(codes).toEqual([
      ['unknown_method', false],
      ['invalid_params', false],
      ['forbidden', false],
      ['not_found', false],
    ]);
  });

  it('takes the only key that it can read where there is no key `local`', async () => {
    await using other = await makeTemporaryFolder();
    const keys = path.join(other.path, 'keys');
    await mkdir(keys, { mode: 0o700 });
    await copyFile(path.join(shared.home.places.keys, 'submit.json'), path.join(keys, 'submit.json'));
    const endpoint = JSON.parse(await readFile(path.join(shared.home.places.run, 'default.json'), 'utf8')).endpoint;

    const scopes = await runScript(
      `with connect(home=${JSON.stringify(other.path)}, endpoint=${JSON.stringify(endpoint)}) as airlock:
    print(json.dumps(airlock.session['scopes']))`,
      other.path,
    );

    expect(scopes).toEqual(['submit']);
  });

  it('is refused with a key that the daemon does not have', async () => {
    await using other = await makeTemporaryFolder();
    const keys = path.join(other.path, 'keys');
    await mkdir(keys, { mode: 0o700 });
    for (const kid of ['local', 'nobody']) {
      const key = randomBytes(32).toString('base64url');
      await writeFile(path.join(keys, `${kid}.json`), JSON.stringify({ v: 1, kid, key, scopes: ['admin'] }), {
        mode: 0o600,
      });
    }
    const endpoint = JSON.parse(await readFile(path.join(shared.home.places.run, 'default.json'), 'utf8')).endpoint;

    for (const kid of ['local', 'nobody']) {
      const said = await runScript(
        `try:
    connect(home=${JSON.stringify(other.path)}, key='${kid}', endpoint=${JSON.stringify(endpoint)})
except AirlockError as error:
    print(json.dumps([error.code, str(error)]))`,
        other.path,
      );

      expect(said).toEqual(['unauthenticated', `Cannot trust the server: it did not prove that it holds key ${kid}`]);
    }
  });

  it('tells a server that took the endpoint nothing but a nonce', async () => {
    await using folderOfImpostor = await makeTemporaryFolder();
    await chmod(folderOfImpostor.path, 0o700);
    const endpoint = path.join(folderOfImpostor.path, 'default.sock');
    const heard: Buffer[] = [];
    const impostor = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        heard.push(bytes);
        const nonce = 'A'.repeat(43);
        const result = { protocol: 1, instance: 'default', nonce, proof: nonce };
        const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
        const header = Buffer.alloc(4);
        header.writeUInt32BE(body.length);
        socket.write(Buffer.concat([header, body]));
      });
    });
    impostor.listen(endpoint);
    await once(impostor, 'listening');
    await chmod(endpoint, 0o600);

    const code = await runScript(
      `try:
    connect(endpoint=${JSON.stringify(endpoint)})
except AirlockError as error:
    print(json.dumps(error.code))`,
      shared.home.home,
    );

    impostor.close();
    const said = JSON.parse(Buffer.concat(heard).subarray(4).toString('utf8'));
    expect(code).toBe('unauthenticated');
    expect(said).toEqual({
      jsonrpc: '2.0',
      id: 1,
      method: 'hello',
      params: {
        protocol: { min: 1, max: 1 },
        kid: 'local',
        nonce: expect.stringMatching(/^[\w-]{43}$/),
        client: { name: 'python', version: '1' },
      },
    });
  });
});

describe.skipIf(!hasPython)('the Python client over a restart of the daemon (needs python3, 3.8 or later)', () => {
  it('sends again what has an idempotency key, and the file is taken once', async () => {
    await using home = await makeTestHome();
    const first = await home.start();
    const script = `import json, sys
from airlock_client import *
airlock = connect()
key = '00000000-0000-4000-8000-0000000000bb'
answers = [airlock.submit('a.json', sys.argv[1], key=key)]
print('submitted', flush=True)
sys.stdin.readline()
answers.append(airlock.submit('a.json', sys.argv[1], key=key))
print(json.dumps(answers))`;
    const child = startPython(['-c', script, canonicalReport('PY-4')], home.home);
    let stdout = '';
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    await once(child.stdout, 'data');

    await first.end('SIGKILL');
    child.stdin.write('\n');
    await home.start();
    await once(child, 'close');

    expect(stderr).toBe('');
    const [submitted, again] = JSON.parse(stdout.split('\n')[1] ?? '');
    expect(submitted.duplicate).toBe(false);
    expect(again).toEqual({ ...submitted, duplicate: true });
  });
});
