import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import {
  canonicalReport,
  CONVERTERS_AUTO,
  documents,
  submitText,
  until,
  untilDelivery,
  watsAt,
  writeOwnConverter,
  writeToken,
} from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';
import { startSink } from '../support/sink/client.ts';

const REFUSED = { kind: 'status', status: 400, body: 'no such part number' } as const;

// Fails with the locale it is sent with, and comes to an end with another.
const PICKY = `import { defineConverter, SkipFile } from 'airlock/converter';
export default defineConverter({ convert(input, reports, context) {
  if (context.arguments.locale !== 'de') throw new Error('wrong locale');
  throw new SkipFile('read with de');
} });`;

const shared = shareDaemon();

describe('airlock queue', () => {
  it('lists what is dead in the server’s own words, and a retry delivers it', async () => {
    await using sink = await startSink({ mode: REFUSED });
    await using home = await makeTestHome();
    await home.configure(watsAt(sink.url));
    await writeToken(home);
    await home.start();
    await using client = await home.connect();
    const submissionId = await submitText(client, canonicalReport());
    const { reportId } = await untilDelivery(client, submissionId, 'dead');

    const list = await home.airlock(['queue', 'list', '--state', 'dead', '--json']);
    const plain = await home.airlock(['queue', 'list', '--destination', 'wats']);
    await sink.setMode({ kind: 'id' });
    const dry = await home.airlock(['queue', 'retry', '--state', 'dead', '--dry-run', '--json']);
    const real = await home.airlock(['queue', 'retry', `${reportId}@wats`, '--json']);
    const delivered = await untilDelivery(client, submissionId, 'delivered');

    expect(documents(list.stdout)).toMatchObject([
      {
        schemaVersion: 1,
        id: `${reportId}@wats`,
        state: 'dead',
        answer: 'no such part number',
        submissionId,
        attempts: 1,
      },
    ]);
    expect(plain.stdout).toContain('the server said: no such part number');
    expect(documents(dry.stdout)).toEqual([{ schemaVersion: 1, count: 1, dryRun: true, skipped: [] }]);
    expect(documents(real.stdout)).toEqual([{ schemaVersion: 1, count: 1, dryRun: false, skipped: [] }]);
    expect(delivered).toMatchObject({ tries: 2, attempts: 0 });
  });

  it('retry says what it leaves as it is, and wants to be told what is meant', async () => {
    const { home } = shared;
    const unknown = '00000000-0000-4000-8000-000000000000@folder';

    const nothing = await home.airlock(['queue', 'retry', '--json']);
    const both = await home.airlock(['queue', 'retry', unknown, '--all']);
    const left = await home.airlock(['queue', 'retry', unknown, '--json']);
    const garbled = await home.airlock(['queue', 'retry', 'nonsense']);

    expect([nothing, both, left, garbled].map(({ exitCode }) => exitCode)).toEqual([64, 64, 1, 64]);
    expect(documents(nothing.stdout)).toMatchObject([
      { error: { code: 'invalid_params', details: [{ code: 'exactly_one' }] } },
    ]);
    expect(documents(left.stdout)).toMatchObject([{ count: 0, skipped: [{ id: unknown, reason: 'unknown' }] }]);
  });
});

describe('airlock submission retry', () => {
  it('converts a failed file again with other arguments', async () => {
    await using home = await makeTestHome();
    await home.configure(CONVERTERS_AUTO);
    const manifest = { arguments: { locale: { type: 'string', default: 'en' } } };
    await writeOwnConverter(home, 'picky', { source: PICKY, extension: '.picky', manifest });
    await home.start();
    await using client = await home.connect();
    const submissionId = await submitText(client, 'x', 'a.picky');
    const ask = () => client.call('submission/get', { submissionId });
    await until(client, ask, ({ state }) => state === 'failed');

    const retry = await home.airlock(['submission', 'retry', submissionId, '--arg', 'locale=de', '--json']);
    const after = await until(client, ask, ({ state }) => state === 'skipped');

    expect(documents(retry.stdout)).toEqual([{ schemaVersion: 1, count: 1, dryRun: false, skipped: [] }]);
    expect(after).toMatchObject({ attempts: 1, failure: null, reason: 'read with de' });
  });

  it('of a converted file adds nothing when the same report comes out', async () => {
    const { home } = shared;
    await using client = await home.connect();
    const submissionId = await submitText(client, canonicalReport());
    const { reportId } = await untilDelivery(client, submissionId, 'delivered');

    const retry = await home.airlock(['submission', 'retry', submissionId]);
    await home.airlock(['wait', '--drained']);
    const report = await client.call('report/get', { reportId });

    expect(retry).toMatchObject({ exitCode: 0, stdout: '1 submissions are tried again\n' });
    expect(report).toMatchObject({ revision: 1, deliveries: [{ state: 'delivered', tries: 1 }] });
  });

  it('with a key that may only submit reaches its own submissions only', async () => {
    const { home } = shared;
    await using client = await home.connect();
    await using script = await home.connect('submit');
    const theirs = await submitText(client, canonicalReport('A'));
    const own = await submitText(script, canonicalReport('B'));
    await home.airlock(['wait', '--drained']);

    const { stdout, exitCode } = await home.airlock(['submission', 'retry', theirs, own, '--key', 'submit', '--json']);

    expect(exitCode).toBe(2);
    expect(documents(stdout)).toMatchObject([{ count: 1, skipped: [{ id: theirs, reason: 'unknown' }] }]);
  });
});
