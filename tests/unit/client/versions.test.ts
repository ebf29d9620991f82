import { describe, expect, it } from 'vitest';
import { explainUnknownMethod, explainVersions } from '../../../src/client/versions.ts';
import { connect } from '../../../src/client/connect.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import { openScriptedDaemon } from '../../support/scripted-daemon.ts';
import { openTestServer } from '../../support/link-server.ts';

const unsupported = (supported: unknown): AirlockError =>
  new AirlockError('unsupported_protocol', 'Cannot run hello: no common protocol version', {
    data: JSON.parse(JSON.stringify({ supported })),
  });

describe('explainVersions()', () => {
  it.each([
    [{ min: 1, max: 1 }, 'daemon_too_old', 'the daemon is too old'],
    [{ min: 5, max: 6 }, 'client_too_old', 'this program is too old'],
  ])('of a daemon that speaks %o says %s', (supported, reason, text) => {
    expect(explainVersions(unsupported(supported), { min: 2, max: 4 })).toMatchObject({
      code: 'unsupported_protocol',
      data: { supported, reason },
      message: expect.stringContaining(text),
    });
  });

  it.each([
    [unsupported('1 to 2')],
    [unsupported({ min: '1' })],
    [new AirlockError('unauthenticated', 'm')],
    [new Error('m')],
  ])('leaves %s as it is', (error) => {
    expect(explainVersions(error, { min: 2, max: 4 })).toBe(error);
  });
});

describe('connect()', () => {
  it('says of a daemon that is newer than this client that the client is too old', async () => {
    await using server = await openTestServer({ onConnect: (peer) => peer.fail(1, unsupported({ min: 2, max: 3 })) });

    await expect(connect(server.options)).rejects.toMatchObject({
      code: 'unsupported_protocol',
      message:
        'Cannot connect to airlock: it speaks protocol 2 to 3, this side 1 to 1; this program is too old, update its airlock package',
    });
  });
});

describe('Client.call() of a method that an older daemon does not have', () => {
  it('says so with the version of the daemon', async () => {
    const unknown = new AirlockError('unknown_method', 'Cannot run queue/stats: there is no such method');
    await using daemon = await openScriptedDaemon((peer, { id }) => peer.fail(id, unknown));
    await using client = await connect(daemon.options);

    await expect(client.call('queue/stats', {})).rejects.toMatchObject({
      code: 'unknown_method',
      message: expect.stringContaining('the daemon (version 0.1.0) does not have it'),
      data: { reason: 'daemon_too_old' },
    });
  });

  it('is left as it is for a method that this side does not know either', () => {
    const error = new AirlockError('unknown_method', 'm');

    expect(explainUnknownMethod(error, 'queue/polish', '1')).toBe(error);
  });
});
