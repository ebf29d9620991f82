// Makes zip archives for tests, also wrong ones.

import { crc32, deflateRawSync } from 'node:zlib';

/** One file; what is given beside its bytes is written instead of what is true. */
export type ZipFile = {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isStored?: boolean;
  readonly packed?: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  readonly size?: number;
};

type Written = { readonly local: Buffer; readonly central: Buffer };

function writeFile(file: ZipFile, offset: number): Written {
  const { bytes, isStored = false, flags = 0x800, crc = crc32(bytes), size = bytes.length } = file;
  const packed = Buffer.from(file.packed ?? (isStored ? bytes : deflateRawSync(bytes)));
  const name = Buffer.from(file.name);
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(flags, 2);
  shared.writeUInt16LE(file.method ?? (isStored ? 0 : 8), 4);
  shared.writeUInt32LE(crc, 10);
  shared.writeUInt32LE(packed.length, 14);
  shared.writeUInt32LE(size, 18);
  shared.writeUInt16LE(name.length, 22);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(offset, 10);
  const version = Buffer.from([20, 0]);
  return {
    local: Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), shared, name, packed]),
    central: Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), version, shared, rest, name]),
  };
}

/** An archive of these files. */
export function makeZip(files: readonly ZipFile[], { comment = '' } = {}): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const { local, central } = writeFile(file, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, directory, end, Buffer.from(comment)]);
}
