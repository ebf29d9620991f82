// Equipment files made to harm: each through its bundled converter in a sealed runner. The cheap cases stand in tests/unit/converters.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SealedConverters, startSealedConverters } from '../support/sealed-converters.ts';

type Report = {
  readonly outcome: string;
  readonly root: { readonly steps: readonly { readonly name: string; readonly outcome: string }[] };
};

describe('equipment files', () => {
  let sealed: SealedConverters;
  beforeAll(async () => {
    sealed = await startSealedConverters();
  }, 120_000);
  afterAll(async () => {
    await sealed?.[Symbol.asyncDispose]();
  });
  const convert = (converter: string, name: string, text: string) =>
    sealed.convert(converter, { name, bytes: Buffer.from(text) });

  it('a row that fails is read whatever its line ends in', { timeout: 60_000 }, async () => {
    const text = 'step;value;low;high;unit\r\nA;1;0;2;V\nB;5;0;2;V\nC;1;0;2;V\n';

    const [report] = ((await convert('csv-semicolon', 'a.csv', text)).reports ?? []) as readonly Report[];

    expect(report?.outcome).toBe('failed');
    expect(report?.root.steps.map((step) => `${step.name} ${step.outcome}`)).toEqual([
      'A passed',
      'B failed',
      'C passed',
    ]);
  });

  it('a TestStand report with a list of 60,000 numbers is kept', { timeout: 120_000 }, async () => {
    const cells = Array.from({ length: 60_000 }, (_, index) => `<Value ID='[${index}]'>1</Value>`).join('');
    const step = `<Value ID='[0]'><Prop Type='TEResult'><Prop Name='Wave' Type='Array'>${cells}</Prop></Prop></Value>`;
    const list = `<Prop Name='ResultList' Type='Array'>${step}</Prop>`;
    const call = `<Prop Name='TS' Type='Obj'><Prop Name='SequenceCall' Type='Obj'>${list}</Prop></Prop>`;
    const text = `<Reports><Report Type='UUT'><Prop Type='TEResult'>${call}</Prop></Report></Reports>`;

    const { outcome } = await convert('ni-teststand-xml', 'a.xml', text);

    expect(outcome.kind).toBe('converted');
  });

  it.each([
    [
      'openhtf-json',
      'a.json',
      `{"dut_id":"S","outcome":"PASS","phases":[{"name":"p","measurements":{"a":{"measured_value":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}]}`,
    ],
    ['wats-wsjf', 'a.json', `{"machineName":"m","processCode":1,"root":{"name":"${'n'.repeat(9_000)}"}}`],
    ['csv-semicolon', 'a.csv', `step;value\n${'n'.repeat(9_000)};1\n`],
    ['keysight-i3070', 'a.log', `{@BTEST|SN|00{@${'X'.repeat(9_000)}|a}}`],
  ])('%s says that a file is wrong instead of failing itself', { timeout: 60_000 }, async (converter, name, text) => {
    const { outcome } = await convert(converter, name, text);

    expect(outcome.kind).toBe('rejected');
  });
});
