// Probes of a station's own converters that never end, against a bundled converter whose file it is.

import { expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { CONVERTERS_AUTO, submitText, until, writeOwnConverter } from '../support/e2e.ts';

const LOOPS = `import { defineConverter } from 'airlock/converter';
export default defineConverter({ probe() { for (;;); }, convert() {} });
`;

it('converters whose probes loop do not keep a bundled converter from its files', { timeout: 180_000 }, async () => {
  await using home = await makeTestHome();
  await home.configure({ ...CONVERTERS_AUTO, sandbox: { requireWalls: [] } });
  for (let index = 0; index < 5; index += 1) {
    const match = { extensions: ['.csv'], names: ['*'], headContains: [';'] };
    await writeOwnConverter(home, `loop-${index}`, { source: LOOPS, extension: '.csv', manifest: { match } });
  }
  await home.start();
  await using client = await home.connect();

  const submissionId = await submitText(client, 'step;value;low;high\nA;1;0;2\n', 'a.csv');
  const { state, failure } = await until(
    client,
    () => client.call('submission/get', { submissionId }),
    (row) => row.state !== 'received' && row.state !== 'converting',
  );

  expect({ state, failure }).toEqual({ state: 'converted', failure: null });
});
