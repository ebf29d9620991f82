// CRC-32 of bytes, as gzip and zip carry it.

const table = new Int32Array(256);

function fillTable(): void {
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    table[byte] = value;
  }
}

/**
 * Go on with a checksum.
 *
 * @param before - What the bytes before these gave; 0 at the beginning.
 * @param bytes - The next bytes.
 * @returns 0 … 2³²−1.
 */
export function crc32(before: number, bytes: Uint8Array): number {
  if (table[1] === 0) fillTable();
  let value = ~before;
  for (let index = 0; index < bytes.length; index += 1) {
    value = (table[(value ^ (bytes[index] ?? 0)) & 0xff] ?? 0) ^ (value >>> 8);
  }
  return ~value >>> 0;
}
