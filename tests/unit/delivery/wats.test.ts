import { describe, expect, it } from 'vitest';
import { destinationSchema } from '../../../src/config/schema/destinations.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { Secret } from '../../../src/core/secret.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { openDestination } from '../../../src/delivery/make-send.ts';
import { makeWatsSend, toReportUrl, type WatsDeps } from '../../../src/delivery/wats.ts';

const { signal } = new AbortController();
const report = { reportId: 'r', revision: 1, body: '{}', attachments: [], sha256: '', acceptedAtUnixMs: 0 };
const config = destinationSchema.parse({ type: 'wats', url: 'https://wats.test', token: { secret: 'wats-token' } });

function makeSend(deps: Partial<WatsDeps>) {
  if (config.type !== 'wats') throw new Error('Cannot test: not a wats destination');
  const post = () => Promise.reject(new Error('Cannot test: nothing may be posted'));
  const base: WatsDeps = {
    client: { post },
    clock: systemClock,
    resolveSecret: () => Promise.resolve(new Secret('token')),
    encode: () => ({ kind: 'ok', text: '{}' }),
  };
  return makeWatsSend({ ...base, ...deps }, config);
}

describe('toReportUrl()', () => {
  it.each([
    ['https://wats.test', 'https://wats.test/api/Report/WSJF'],
    ['https://wats.test/', 'https://wats.test/api/Report/WSJF'],
    ['https://wats.test:8443/base//', 'https://wats.test:8443/base/api/Report/WSJF'],
    ['https://wats.test/base?x=1#y', 'https://wats.test/base/api/Report/WSJF'],
    ['https://user:pw@wats.test', 'https://wats.test/api/Report/WSJF'],
  ])('makes %s into %s', (url, endpoint) => {
    expect(toReportUrl(url).href).toBe(endpoint);
  });
});

describe('makeWatsSend()', () => {
  it.each(['identity_missing', 'wsjf_invalid'])('sends nothing when the writer says %s', async (reason) => {
    const send = makeSend({ encode: () => ({ kind: 'invalid', reason, message: 'no serial number' }) });

    expect(await send(report, { signal })).toEqual({ kind: 'unsendable', reason, error: 'no serial number' });
  });

  it('holds when the secret cannot be read, without the reason, which may name a path', async () => {
    const send = makeSend({ resolveSecret: () => Promise.reject(new Error('EACCES /home/me/secrets/wats-token')) });

    expect(await send(report, { signal })).toEqual({
      kind: 'misconfigured',
      reason: 'secret_unreadable',
      error: 'Cannot authenticate: secret wats-token is not readable',
      answer: null,
    });
  });

  it('asks for the secret at each upload: a new one counts at once', async () => {
    const asked: string[] = [];
    const resolveSecret = async (name: string) => {
      asked.push(name);
      return null;
    };
    const send = makeSend({ resolveSecret });

    await send(report, { signal });
    await send(report, { signal });

    expect(asked).toEqual(['wats-token', 'wats-token']);
  });
});

describe('openDestination() for wats', () => {
  it('makes a report that breaks the WSJF writer unsendable: it must not look like trouble of the server', async () => {
    const deps = {
      clock: systemClock,
      log: silentLogger,
      resolveSecret: async () => new Secret('token'),
      resolvePath: (path: string) => path,
    };
    using destination = openDestination(deps, 'wats', config);

    const outcome = await destination.send({ ...report, body: '{"no":"report"}' }, { signal });

    expect(outcome).toMatchObject({ kind: 'unsendable', reason: 'wsjf_invalid' });
  });
});
