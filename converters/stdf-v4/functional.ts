// Functional test records (FTR) to steps.

import {
  type Fields,
  readCn,
  readDn,
  readI2,
  readI4,
  readMany,
  readU1,
  readU2,
  readU4,
  skipNibbles,
  toHex,
} from './fields.ts';
import { findDefaults, type ReadTest, readStart, type TestContext, takeName, toCommon } from './tests.ts';

/** Bits of the FTR's OPT_FLAG that make a field invalid, by its name in the text. */
const FTR_FIELDS = [
  ['cycle', 1],
  ['relative vector address', 2],
  ['repeat count', 4],
  ['failing pins', 8],
  ['X failure address', 16],
  ['Y failure address', 16],
  ['vector offset', 32],
] as const;

function readCounts(fields: Fields): readonly string[] {
  const flags = readU1(fields) ?? 255;
  const values = [
    readU4(fields),
    readU4(fields),
    readU4(fields),
    readU4(fields),
    readI4(fields),
    readI4(fields),
    readI2(fields),
  ];
  return FTR_FIELDS.flatMap(([name, bit], index) => {
    const value = values[index] ?? null;
    return (flags & bit) !== 0 || value === null ? [] : [`${name}: ${value}`];
  });
}

function readPins(fields: Fields): readonly string[] {
  const returned = readU2(fields);
  const programmed = readU2(fields);
  readMany(fields, returned, readU2);
  skipNibbles(fields, returned);
  readMany(fields, programmed, readU2);
  skipNibbles(fields, programmed);
  const failing = readDn(fields);
  return failing === null || failing.length === 0 ? [] : [`failing pins (bits): ${toHex(failing)}`];
}

function readTexts(fields: Fields, names: readonly string[]): readonly (readonly [string, string | null])[] {
  return names.map((name) => [name, readCn(fields)] as const);
}

/**
 * An FTR: passed or failed, with what is known of the failure as text.
 *
 * @param fields - The record.
 * @param context - Defaults.
 */
export function readFunctional(fields: Fields, context: TestContext): ReadTest {
  const start = readStart(fields);
  const counts = readCounts(fields);
  const pins = readPins(fields);
  const before = readTexts(fields, ['vector', 'time set', 'op code']);
  const known = findDefaults(context, 'FTR', start);
  const name = takeName(known, readCn(fields), start);
  const after = readTexts(fields, ['alarm', 'program', 'result']);
  const texts = [...before, ...after].flatMap(([word, text]) => (text === null ? [] : [`${word}: ${text}`]));
  const lines = [...counts, ...pins, ...texts];
  const common = toCommon(start, 'FTR', { name, alarm: null });
  return { ...start, step: { ...common, kind: 'boolean', text: lines.length === 0 ? null : lines.join('\n') } };
}
