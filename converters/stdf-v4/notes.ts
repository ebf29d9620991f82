// Records that hold any text or data: DTR and GDR.

import { BadInput, type MiscInput } from 'airlock/converter';
import {
  type Fields,
  readBn,
  readCn,
  readDn,
  readI1,
  readI2,
  readI4,
  readR4,
  readR8,
  readU1,
  readU2,
  readU4,
  toHex,
} from './fields.ts';

const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : toHex(bytes));

/** Readers by the type code of a field. Source: STDF Specification V4, GDR. */
const READERS: Readonly<Record<number, (fields: Fields) => string | number | null>> = {
  1: readU1,
  2: readU2,
  3: readU4,
  4: readI1,
  5: readI2,
  6: readI4,
  7: readR4,
  8: readR8,
  10: readCn,
  11: (fields) => hex(readBn(fields)),
  12: (fields) => hex(readDn(fields)),
  13: readU1,
};
/** A byte of padding, which has no data. */
const PADDING = 0;

/** A DTR; null for an empty one. */
export function readDatalog(fields: Fields): MiscInput | null {
  const text = readCn(fields);
  return text === null ? null : { name: 'DTR', text };
}

/** A GDR: all its fields in one note; null without any. */
export function readGeneric(fields: Fields): MiscInput | null {
  const count = readU2(fields) ?? 0;
  const values: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const code = readU1(fields);
    if (code === PADDING) continue;
    const read = code === null ? undefined : READERS[code];
    if (read === undefined) {
      throw new BadInput(
        `the GDR at byte ${fields.offset} is damaged: its field ${index + 1} has the type ${code ?? '-'}`,
      );
    }
    values.push(String(read(fields) ?? ''));
  }
  return values.length === 0 ? null : { name: 'GDR', text: values.join('; ').slice(0, 8_000) };
}
