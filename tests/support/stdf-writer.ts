// Writes small STDF files for tests, in either byte order.

/** One field: its value, and how the specification writes it. */
export type StdfField =
  | readonly ['U1' | 'U2' | 'U4' | 'I1' | 'I2' | 'I4' | 'R4' | 'R8', number]
  | readonly ['C1' | 'Cn', string]
  | readonly ['Bn' | 'Dn', readonly number[]];

/** A record: type, subtype, fields. */
export type StdfRow = readonly [type: number, subtype: number, ...fields: readonly StdfField[]];

const SIZES = { U1: 1, U2: 2, U4: 4, I1: 1, I2: 2, I4: 4, R4: 4, R8: 8 } as const;

function writeNumber(type: keyof typeof SIZES, value: number, isLittle: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(SIZES[type]));
  const writers = {
    U1: () => view.setUint8(0, value),
    U2: () => view.setUint16(0, value, isLittle),
    U4: () => view.setUint32(0, value, isLittle),
    I1: () => view.setInt8(0, value),
    I2: () => view.setInt16(0, value, isLittle),
    I4: () => view.setInt32(0, value, isLittle),
    R4: () => view.setFloat32(0, value, isLittle),
    R8: () => view.setFloat64(0, value, isLittle),
  };
  writers[type]();
  return new Uint8Array(view.buffer);
}

function writeField([type, value]: StdfField, isLittle: boolean): Uint8Array {
  if (typeof value === 'number') return writeNumber(type as keyof typeof SIZES, value, isLittle);
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'latin1');
    return type === 'C1' ? text.subarray(0, 1) : Buffer.concat([Uint8Array.of(text.length), text]);
  }
  const count = type === 'Bn' ? Uint8Array.of(value.length) : writeNumber('U2', value.length * 8, isLittle);
  return Buffer.concat([count, Uint8Array.from(value)]);
}

/** One record with its header. */
export function writeStdfRecord([type, subtype, ...fields]: StdfRow, isLittle: boolean): Uint8Array {
  const body = Buffer.concat(fields.map((field) => writeField(field, isLittle)));
  return Buffer.concat([writeNumber('U2', body.length, isLittle), Uint8Array.of(type, subtype), body]);
}

/** A whole file; the FAR is written for it. */
export function writeStdf(rows: readonly StdfRow[], order: 'little' | 'big' = 'little'): Buffer {
  const isLittle = order === 'little';
  const far: StdfRow = [0, 10, ['U1', isLittle ? 2 : 1], ['U1', 4]];
  return Buffer.concat([far, ...rows].map((row) => writeStdfRecord(row, isLittle)));
}

const text = (...values: readonly string[]): StdfField[] => values.map((value) => ['Cn', value] as const);

/** A file in which every kind of record and every branch of the reader is there once. */
export const EVERYTHING: readonly StdfRow[] = [
  [0, 20, ['U4', 1_600_000_000], ...text('merge a.stdf b.stdf')],
  [
    1,
    10,
    ['U4', 1_600_000_000],
    ['U4', 1_600_000_100],
    ['U1', 3],
    ['C1', 'P'],
    ['C1', 'Y'],
    ['C1', ' '],
    ['U2', 65_535],
    ['C1', ' '],
    ...text('LOT-1', 'PART-A', 'tester-7', 'J750', 'prog', '1.4', 'SUB-2', 'op1', 'IGXL', '10.1', 'FT1', '25.0'),
    ...text('', '', 'QFN', 'FAM', '2040', 'FAC', 'FL1', '', '', '', '', 'flow', 'setup', 'B', '', '', 'SER', ''),
  ],
  [1, 60, ['U2', 1], ['U2', 0], ...text('ch1', 'p1', 'VDD'), ['U1', 1], ['U1', 1]],
  [1, 60, ['U2', 2], ['U2', 0], ...text('ch2', '', ''), ['U1', 1], ['U1', 1]],
  [
    1,
    80,
    ['U1', 1],
    ['U1', 0],
    ['U1', 2],
    ['U1', 1],
    ['U1', 2],
    ...text('handler', 'H-1', '', '', 'load', '', 'dib', 'D-9'),
  ],
  [1, 40, ['U1', 255], ['U1', 0], ['U2', 5], ['U4', 1], ['C1', 'F'], ...text('LEAKAGE')],
  [1, 50, ['U1', 255], ['U1', 0], ['U2', 50], ['U4', 1], ['C1', 'F'], ...text('LEAK HIGH')],
  [50, 30, ...text('datalog for all')],
  [2, 10, ['U1', 1], ['U1', 255], ['U4', 1_600_000_200], ...text('W-3')],
  [5, 10, ['U1', 1], ['U1', 1]],
  [5, 10, ['U1', 1], ['U1', 2]],
  [20, 10, ...text('dc')],
  // The first PTR of a test gives defaults; the next one uses them.
  ptr({ number: 100, site: 1, result: 3.3, name: 'VDD', low: 3.2, high: 3.4, unit: 'V', flags: 0x0e }),
  [15, 10, ['U4', 100], ['U1', 1], ['U1', 2], ['U1', 0x80], ['U1', 0xc0], ['R4', 3.5]],
  ptr({ number: 101, site: 1, result: 1e-6, name: 'ILEAK', low: 9, high: 2e-6, unit: 'A', flags: 0x4e }),
  ptr({ number: 100, site: 1, result: 3.25, name: '', low: 0, high: 3.3, unit: '', flags: 0x1e }),
  ptr({ number: 102, site: 1, result: Number.NaN, name: 'NAN', low: Number.NaN, high: 1, unit: '', flags: 0x0e }),
  [15, 10, ['U4', 103], ['U1', 1], ['U1', 1], ['U1', 0x02], ['U1', 0], ['R4', 9], ...text('INVALID', 'overload')],
  [15, 10, ['U4', 104], ['U1', 1], ['U1', 1], ['U1', 0x10], ['U1', 0], ['R4', 0]],
  [15, 10, ['U4', 105], ['U1', 1], ['U1', 1], ['U1', 0x28], ['U1', 0], ['R4', 0], ...text('ABORTED')],
  [15, 10, ['U4', 106], ['U1', 1], ['U1', 1], ['U1', 0x40], ['U1', 0], ['R4', 7], ...text('NO VERDICT')],
  [20, 20],
  mpr({ number: 200, site: 1, name: 'PINS', sweep: null, pins: [1, 2] }),
  mpr({ number: 201, site: 1, name: 'SWEEP', sweep: [0.5, 0.25], pins: [] }),
  [
    15,
    20,
    ['U4', 300],
    ['U1', 1],
    ['U1', 2],
    ['U1', 0x80],
    ['U1', 0x04],
    ['U4', 12],
    ['U4', 34],
    ['U4', 56],
    ['U4', 2],
    ['I4', -1],
    ['I4', 5],
    ['I2', -3],
    ['U2', 2],
    ['U2', 1],
    ['U2', 1],
    ['U2', 2],
    ['U1', 0x43],
    ['U2', 2],
    ['U1', 0x01],
    ['Dn', [0b10]],
    ...text('vec_7', 'ts1', '', 'SCAN', '', 'prog text', 'result text'),
  ],
  [15, 20, ['U4', 300], ['U1', 1], ['U1', 1], ['U1', 0]],
  [50, 10, ['U2', 4], ['U1', 10], ['Cn', 'mark'], ['U1', 0], ['U1', 7], ['R4', 1.5], ['U1', 11], ['Bn', [0xca, 0xfe]]],
  [15, 30, ['U1', 0]],
  prr({ site: 1, flags: 0x00, bins: [1, 1], place: [10, -4], id: 'P-1', text: 'golden' }),
  [50, 10, ['U2', 1], ['U1', 6], ['I4', -7]],
  prr({ site: 2, flags: 0x09, bins: [5, 50], place: [11, -4], id: 'P-2', text: '' }),
  [2, 20, ['U1', 1], ['U1', 255], ['U4', 1_600_000_300], ['U4', 2]],
  [5, 10, ['U1', 1], ['U1', 1]],
  prr({ site: 1, flags: 0x04, bins: [65_535, 65_535], place: [-32_768, -32_768], id: '', text: '' }),
  [5, 10, ['U1', 1], ['U1', 1]],
  [5, 20, ['U1', 1], ['U1', 1], ['U1', 0x10]],
  ptr({ number: 999, site: 9, result: 0, name: 'STRAY', low: 0, high: 0, unit: '', flags: 0x0e }),
  [1, 30, ['U1', 255], ['U1', 0], ['U4', 4]],
  [1, 20, ['U4', 1_600_000_400], ['C1', ' '], ...text('', '')],
];

type Ptr = {
  readonly number: number;
  readonly site: number;
  readonly result: number;
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly unit: string;
  readonly flags: number;
};

function ptr({ number, site, result, name, low, high, unit, flags }: Ptr): StdfRow {
  return [
    15,
    10,
    ['U4', number],
    ['U1', 1],
    ['U1', site],
    ['U1', 0],
    ['U1', 0xc0],
    ['R4', result],
    ...text(name, ''),
    ['U1', flags],
    ['I1', 3],
    ['I1', 3],
    ['I1', 3],
    ['R4', low],
    ['R4', high],
    ...text(unit, '%7.3f', '%7.3f', '%7.3f'),
  ];
}

type Mpr = {
  readonly number: number;
  readonly site: number;
  readonly name: string;
  readonly sweep: readonly [number, number] | null;
  readonly pins: readonly number[];
};

function mpr({ number, site, name, sweep, pins }: Mpr): StdfRow {
  const [first, step] = sweep ?? [0, 0];
  return [
    15,
    15,
    ['U4', number],
    ['U1', 1],
    ['U1', site],
    ['U1', 0],
    ['U1', 0],
    ['U2', pins.length],
    ['U2', 3],
    ...(pins.length > 0 ? [['U1', 0x11] as const] : []),
    ['R4', 0.25],
    ['R4', 0.5],
    ['R4', 0.75],
    ...text(name, ''),
    ['U1', sweep === null ? 0x0e : 0x0c],
    ['I1', 0],
    ['I1', 0],
    ['I1', 0],
    ['R4', 0],
    ['R4', 1],
    ['R4', first],
    ['R4', step],
    ...pins.map((pin) => ['U2', pin] as const),
    ...text('mA', 'V'),
  ];
}

type Prr = {
  readonly site: number;
  readonly flags: number;
  readonly bins: readonly [number, number];
  readonly place: readonly [number, number];
  readonly id: string;
  readonly text: string;
};

function prr({ site, flags, bins: [hard, soft], place: [x, y], id, text: words }: Prr): StdfRow {
  return [
    5,
    20,
    ['U1', 1],
    ['U1', site],
    ['U1', flags],
    ['U2', 9],
    ['U2', hard],
    ['U2', soft],
    ['I2', x],
    ['I2', y],
    ['U4', id === '' ? 0 : 1_250],
    ...text(id, words),
    ['Bn', id === 'P-1' ? [1, 2] : []],
  ];
}
