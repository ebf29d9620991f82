import { existsSync } from 'node:fs';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConversionRig, startConversionRig } from '../support/conversions.ts';
import { rounds } from '../support/long-tests.ts';

const requireWalls = existsSync('/usr/bin/bwrap') ? {} : { requireWalls: [] };

/** Four reports; in a long run they have as many steps together as a conversion may have. */
const STEPS_EACH = rounds({ usual: 10_000, long: 50_000 });
const SOURCE = `import { defineConverter } from 'airlock/converter';
export default defineConverter({ convert(input, reports) {
  for (let r = 0; r < 4; r += 1) {
    const report = reports.start({ partNumber: 'P-1', serialNumber: 'SN' + r, process: { code: 10 }, key: String(r) });
    for (let s = 1; s < ${STEPS_EACH}; s += 1) report.step({ name: 's' + s, value: s, low: 0, high: 1e6, unit: 'V' });
    report.finish();
  }
} });
`;
const STEPS = 4 * STEPS_EACH;

describe(`a conversion of ${STEPS} steps`, () => {
  let rig: ConversionRig;
  beforeAll(async () => {
    rig = await startConversionRig({
      converters: { huge: { manifest: { match: { extensions: ['.huge'] } }, files: { 'converter.ts': SOURCE } } },
      config: {
        sandbox: { ...requireWalls, runners: 1, limits: { cpu: '200 s', wall: '300 s', output: '256 MiB' } },
      },
    });
  });
  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]();
  });

  it('keeps the main loop free for everybody else', async () => {
    // Time that this thread computed between two turns of its loop, and not time that passed: a busy machine changes nothing.
    const turns: number[] = [];
    let before = process.threadCpuUsage();
    const timer = setInterval(() => {
      const { user, system } = process.threadCpuUsage(before);
      turns.push((user + system) / 1_000);
      before = process.threadCpuUsage();
    }, 5);
    const begun = process.cpuUsage();

    const row = await rig.convert('a.huge', 'x');

    clearInterval(timer);
    const { user, system } = process.cpuUsage(begun);
    const [worstMs, ownMs, allMs] = [
      Math.max(...turns),
      turns.reduce((sum, ms) => sum + ms, 0),
      (user + system) / 1_000,
    ];
    process.stdout.write(
      `${STEPS} steps: the loop was held ${worstMs.toFixed(0)} ms at worst, ${ownMs.toFixed(0)} of ${allMs.toFixed(0)} ms in all\n`,
    );
    expect(row).toMatchObject({ state: 'converted', reports: { length: 4 } });
    // On one thread the loop stood still while a whole report was put together; a long run's reports are five times as large.
    expect(worstMs).toBeLessThan(rounds({ usual: 100, long: 500 }));
    expect(ownMs).toBeLessThan(allMs / 2);
  });
});
