// Files with texts or nesting beyond what a report holds: the file is wrong, never the converter.

import { describe, expect, it } from 'vitest';
import { loadConverter } from '../../support/guest-realm.ts';

const wsjf = (more: object): string => JSON.stringify({ machineName: 'm', processCode: 1, ...more });
const nested = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;
const deep = nested(50_000);
const long = (length: number): string => 'n'.repeat(length);

describe.each(['wats-wsjf', 'keysight-i3070'])('%s', (name) => {
  const convert = loadConverter(name);
  const files: Readonly<Record<string, readonly (readonly [text: string, end: string, reason: string | null])[]>> = {
    'wats-wsjf': [
      [wsjf({ root: { name: long(8_192) } }), 'done', null],
      [wsjf({ root: { name: long(8_193) } }), 'rejected', 'has 8193 characters, at most 8192'],
      [wsjf({ root: { numericMeas: { value: 1, unit: long(8_193) } } }), 'rejected', 'has 8193 characters'],
      [wsjf({ id: long(201), root: {} }), 'rejected', 'has 201 characters, at most 200'],
      [wsjf({ root: { reportText: long(20_000) } }), 'done', null],
      [`{"machineName":"m","root":{"odd":${deep}}}`, 'rejected', 'inside each other'],
      [`{"machineName":"m","root":{"odd":${nested(490)}}}`, 'done', null],
      [`{"machineName":"m","root":{"odd":${nested(50)}}}`, 'done', null],
      [wsjf({ root: { reportText: `\\"${deep}` } }), 'done', null],
    ],
    'keysight-i3070': [
      [`{@BTEST|${long(8_192)}|00}`, 'done', null],
      [`{@BTEST|${long(8_193)}|00}`, 'rejected', 'a field has 8193 characters, at most 8192'],
      [`{@BTEST|SN|00{@${'X'.repeat(8_191)}|a}}`, 'done', null],
      [`{@BTEST|SN|00{@${'X'.repeat(8_192)}|a}}`, 'rejected', 'is longer than 8192 characters'],
      [`{@BTEST|SN|00{@RPT|${long(20_000)}}}`, 'done', null],
    ],
  };

  it.each(files[name] ?? [])('ends %.60j as %s (%s)', async (text, kind, reason) => {
    const { end, verdict } = await convert(text);

    expect(verdict.kind).toBe('ok');
    expect(end).toMatchObject({ kind, ...(reason !== null && { reason: expect.stringContaining(reason) }) });
  });
});
