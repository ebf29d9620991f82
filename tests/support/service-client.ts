// One caller of a system service, as whoever started it: `service-client.ts HOME MACHINE own|named [KEY]`; prints what it may do, or why not.

import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from '../../src/client/connect.ts';
import { AirlockError } from '../../src/core/errors.ts';
import { resolvePlaces } from '../../src/disk/places.ts';

const [home = '', machine = '', mode = '', key] = process.argv.slice(2);
const uid = process.getuid?.() ?? null;
const places = resolvePlaces({ home, env: {}, platform: process.platform, homedir: homedir(), tmpdir: tmpdir(), uid });
const service = {
  run: path.join(machine, 'run', 'airlock'),
  keys: path.join(machine, 'etc', 'keys'),
  record: path.join(machine, 'etc', 'service.json'),
};
try {
  await using client = await connect({
    env: {},
    places: { ...places, service, looksForService: mode === 'own' },
    ...(key === undefined ? {} : { key }),
  });
  await client.call('ping', {});
  process.stdout.write(JSON.stringify({ scopes: client.scopes }));
} catch (error) {
  if (!(error instanceof AirlockError)) throw error;
  process.stdout.write(JSON.stringify({ code: error.code, reason: error.data.reason ?? null, message: error.message }));
}
