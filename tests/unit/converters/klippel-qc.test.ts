import { describe, expect, it } from 'vitest';
import type { CanonicalReport } from '../../../src/report/schema.ts';
import { loadConverter, reportsOf } from '../../support/guest-realm.ts';

const convert = loadConverter('klippel-qc');
const read = async (...settings: readonly string[]): Promise<CanonicalReport> => {
  const [report] = reportsOf(await convert(`Cfg_PCName=PC\n${settings.join('\n')}\n`)) as readonly CanonicalReport[];
  if (report === undefined) throw new Error('Cannot test: there is no report');
  return report;
};

describe('klippel-qc', () => {
  it.each([
    [['Results_Pass=a\tb', 'Results_Fail=c'], 'failed', null],
    [['Results_Pass=a', 'Results_Fail=b', 'Results_Noise=c'], 'error', null],
    [['Results_Pass=a', 'Results_Void=b'], 'passed', null],
    [['Results_Warning=a'], 'passed', null],
    [['Results_Pass='], 'done', null],
    [['Ctrl_OverallVerdict=', 'Results_Fail=c'], 'failed', null],
    [['Ctrl_OverallVerdict=9', 'Results_Fail=c'], 'failed', '9'],
    [['Ctrl_OverallVerdict=1', 'Results_Fail=c'], 'passed', null],
  ])('ends %j as %s', async (settings, outcome, word) => {
    const report = await read(...settings);

    expect([report.outcome, report.root.nativeOutcome]).toEqual([outcome, word]);
  });

  it.each([
    ['Results_Pass=c', 'Results_Fail=c', 'failed'],
    ['Results_Fail=c', 'Results_Warning=c', 'failed'],
    ['Results_Fail=c', 'Results_Noise=c', 'error'],
    ['Results_Pass=c', 'Results_Void=c', 'passed'],
  ])('counts for a result of %s and %s the worst', async (one, other, outcome) => {
    const { root } = await read('Ctrl_OverallVerdict=0', one, other);

    expect(root.steps.map((step) => [step.name, step.outcome])).toEqual([['c', outcome]]);
  });
});
