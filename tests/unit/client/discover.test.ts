import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { discover } from '../../../src/client/discover.ts';
import { toInstanceName } from '../../../src/core/ids.ts';
import { readServiceUids } from '../../../src/client/service-owner.ts';
import { writeDiscovery } from '../../../src/link/discovery.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const uid = process.getuid?.() ?? null;
const isRoot = uid === 0;

async function makeMachine() {
  const folder = await makeTemporaryFolder();
  const at = (...names: readonly string[]): string => join(folder.path, ...names);
  const service = { run: at('service'), keys: at('keys'), record: at('service.json') };
  const input = {
    run: at('run'),
    keys: at('own'),
    instance: toInstanceName('default'),
    service,
    looksForService: true,
    uid,
  };
  const discovery = {
    instance: 'default',
    pid: 1,
    bootId: 'b',
    startedAt: 'now',
    version: '0',
    protocol: { min: 1, max: 1 },
  };
  const announce = async (endpoint: string): Promise<void> => {
    await mkdir(service.run, { mode: 0o750 });
    await writeDiscovery(service.run, { ...discovery, endpoint });
  };
  return { input, service, announce, [Symbol.asyncDispose]: folder[Symbol.asyncDispose] };
}

describe('discover()', () => {
  it('is not running where there is neither a daemon of one’s own nor a service', async () => {
    await using machine = await makeMachine();

    await expect(discover(machine.input)).rejects.toMatchObject({ code: 'not_running' });
  });

  it('does not look for the service when the home was named', async () => {
    await using machine = await makeMachine();
    await machine.announce('/nowhere.sock');

    const looking = discover({ ...machine.input, looksForService: false });

    await expect(looking).rejects.toMatchObject({ code: 'not_running' });
  });

  it.runIf(uid !== null && !isRoot)('does not trust a service that is not root’s (needs to be no root)', async () => {
    await using machine = await makeMachine();
    await machine.announce(join(machine.service.run, 'default.sock'));

    await expect(discover(machine.input)).rejects.toMatchObject({ data: { reason: 'own_user' } });
  });

  it.runIf(isRoot)('does not follow a service to a socket outside its folder (needs root)', async () => {
    await using machine = await makeMachine();
    await machine.announce('/tmp/elsewhere.sock');

    await expect(discover(machine.input)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('readServiceUids()', () => {
  it('is root alone where there is no record', async () => {
    await using machine = await makeMachine();

    expect(await readServiceUids(machine.service.record)).toEqual([0]);
  });

  it.runIf(isRoot).each([
    ['{"uid":1001}', [1001, 0]],
    ['{"uid":0}', [0]],
    ['{"uid":-1}', 'service_user'],
    ['{"uid":"0"}', 'service_user'],
    ['[]', 'service_user'],
    ['', 'service_user'],
    [`{"uid":1}${' '.repeat(4097)}`, 'service_user'],
  ])('reads %j as %j (needs root)', async (text, outcome) => {
    await using machine = await makeMachine();
    await writeFile(machine.service.record, text);
    await chmod(machine.service.record, 0o644);

    const found = await readServiceUids(machine.service.record).catch((error) => error.data.reason);

    expect(found).toEqual(outcome);
  });
});
