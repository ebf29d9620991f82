// Files of test equipment, through the real program: chosen by their content, read whole or refused with a place.

import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestHome } from '../support/daemon.ts';
import { documents } from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

const converters = path.resolve(import.meta.dirname, '../../converters');
const fixture = (name: string): string => path.join(converters, name);
const ICT = fixture('keysight-i3070/fixtures/panel.in.log');
const OPENHTF = fixture('openhtf-json/fixtures/hello-world.in.json');
const STDF = fixture('stdf-v4/fixtures/lot2-two-parts.in.stdf');
const KLIPPEL = fixture('klippel-qc/fixtures/dut-xyz115.in.txt');
const CURVE = fixture('klippel-qc/fixtures/dut-xyz115.in/Impedance-imp.txt');

type Delivered = {
  readonly unit: { readonly serialNumber: string | null };
  readonly root: { readonly steps: readonly { readonly name: string; readonly steps: readonly unknown[] }[] };
};

async function submit(home: TestHome, ...more: string[]) {
  const { exitCode, stdout } = await home.airlock(['submit', ...more, '--wait', '--json']);
  return { exitCode, line: documents(stdout)[0] };
}

/** The reports that a submission was delivered as. */
function delivered(home: TestHome, line: Record<string, unknown> | undefined): readonly Delivered[] {
  const ids = new Set(((line?.['reports'] ?? []) as { readonly id: string }[]).map(({ id }) => id));
  return globSync('*/*.json', { cwd: home.places.delivered })
    .filter((name) => ids.has(path.basename(name, '.json')))
    .map((name): Delivered => JSON.parse(readFileSync(path.join(home.places.delivered, name), 'utf8')));
}

describe('airlock submit of files of test equipment', () => {
  const shared = shareDaemon();

  it('finds the converter of each, and delivers a report for each board and part', async () => {
    const lines = [await submit(shared.home, ICT), await submit(shared.home, OPENHTF), await submit(shared.home, STDF)];

    expect(lines).toMatchObject([
      { exitCode: 0, line: { state: 'converted', converter: { name: 'keysight-i3070' } } },
      { exitCode: 0, line: { state: 'converted', converter: { name: 'openhtf-json' } } },
      { exitCode: 0, line: { state: 'converted', converter: { name: 'stdf-v4' } } },
    ]);
    const serials = lines.flatMap(({ line }) => delivered(shared.home, line)).map(({ unit }) => unit.serialNumber);
    expect(serials.map(String).toSorted((left, right) => (left < right ? -1 : 1))).toEqual([
      '1',
      '1',
      '2',
      'SN-0001',
      'SN-0002',
      'SN-0004',
      'null',
    ]);
  });

  it('gives the curves that come with a log to its converter', async () => {
    const { exitCode, line } = await submit(shared.home, KLIPPEL, '--companion', CURVE, '--arg', 'partNumber=SPK-1');

    expect({ exitCode, line }).toMatchObject({
      exitCode: 0,
      line: { state: 'converted', converter: { name: 'klippel-qc' } },
    });
    const [report] = delivered(shared.home, line);
    expect(report?.root.steps[0]).toMatchObject({ name: 'Impedance', steps: [{ name: 'imp', outcome: 'failed' }] });
  });

  it('rejects a binary file that is cut off, with the offset', async () => {
    const cut = path.join(shared.home.home, 'cut.stdf');
    writeFileSync(cut, readFileSync(STDF).subarray(0, 400));

    const { exitCode, line } = await submit(shared.home, cut);

    expect(exitCode).toBe(65);
    expect(line).toMatchObject({ state: 'rejected', converter: { name: 'stdf-v4' } });
    expect(JSON.stringify(line)).toContain('it ends at byte 400');
  });
});
