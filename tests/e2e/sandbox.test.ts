// What the sandbox is to a person at the command line: walls that are told as they are, and large files with companions.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTestHome } from '../support/daemon.ts';
import { CONVERTERS_AUTO, documents, until, writeOwnConverter } from '../support/e2e.ts';
import { WALLS_NAME } from '../support/sandbox.ts';

const MIB = 1024 ** 2;
const WALLS = ['network', 'files', 'seccomp', 'rlimits', 'privileges', 'permission', 'watchdog'];

/** Reads all of its input and its companions in the mode of its manifest, and says how much that was. */
const MEASURING = `import { defineConverter } from 'airlock/converter';
export default defineConverter({ convert(input, reports) {
  const report = reports.start({ partNumber: 'P-1', serialNumber: 'SN-1', process: { code: 10 } });
  const files = [...input.companions].reverse().concat(input);
  for (const file of files) report.step({ name: file.name, value: file.bytes().length, unit: 'B' });
  report.finish();
} });
`;

describe(`airlock with its walls (${WALLS_NAME})`, () => {
  it('tells the same walls by status and by doctor, each as it holds', async () => {
    await using home = await makeTestHome();
    await home.start();

    const status = await home.airlock(['status', '--json']);
    const doctor = await home.airlock(['doctor', '--json']);

    const { sandbox } = documents(status.stdout)[0] as {
      sandbox: { walls: { name: string; active: boolean; detail: string }[] };
    };
    const said = sandbox.walls.map(({ name, active, detail }) => `${name} ${active ? 'on' : 'off'} (${detail})`);
    expect(sandbox.walls.map(({ name }) => name)).toEqual(WALLS);
    expect(doctor.stdout).toContain(JSON.stringify(said.join('; ')).slice(1, -1));
    const expected = { bubblewrap: ['network', 'files', 'seccomp'], unshare: ['network', 'files'] };
    const held = sandbox.walls.filter(({ active }) => active).map(({ name }) => name);
    expect(held).toEqual(
      expect.arrayContaining(Object.entries(expected).find(([name]) => name === WALLS_NAME)?.[1] ?? []),
    );
  });

  it('converts 9 MiB of bytes with companions of 2 MiB and of nothing', async () => {
    await using home = await makeTestHome();
    await home.configure(CONVERTERS_AUTO);
    const manifest = { input: 'bytes', companions: ['{stem}.curve', '{stem}.empty'] };
    await writeOwnConverter(home, 'measuring', { source: MEASURING, extension: '.measure', manifest });
    await home.start();
    const sizes = { 'run.measure': 9 * MIB, 'run.curve': 2 * MIB, 'run.empty': 0 };
    for (const [name, size] of Object.entries(sizes))
      await writeFile(path.join(home.home, name), Buffer.alloc(size, 0xe9));
    const at = (name: string): string => path.join(home.home, name);

    const submitted = await home.airlock([
      'submit',
      at('run.measure'),
      '--companion',
      at('run.curve'),
      '--companion',
      at('run.empty'),
      '--json',
    ]);

    await using client = await home.connect();
    const submissionId = String(documents(submitted.stdout)[0]?.['submissionId']);
    const row = await until(
      client,
      () => client.call('submission/get', { submissionId }),
      ({ state }) => state !== 'received' && state !== 'converting',
    );
    expect(row).toMatchObject({ state: 'converted', reason: null });
    const [first] = (await client.call('report/list', { submissionId })).items;
    const { report } = await client.call('report/get', { reportId: String(first?.reportId) });
    const text = JSON.stringify(report);
    for (const [name, size] of Object.entries(sizes))
      expect(text).toMatch(new RegExp(`"name":"${name}".*?"value":${size}`));
  });
});
