// Does a folder lie on another machine? Changes made there raise no events here.

import { statfs } from 'node:fs/promises';

// Source: statfs(2), magic numbers: NFS, SMB, CIFS, SMB2, FUSE (sshfs and the like), 9p, AFS, Ceph.
const NETWORK_TYPES = [0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x5346414f, 0x00c36400];

/**
 * Should this folder be looked through instead of waited for?
 *
 * @param path - Absolute path of the folder; it exists.
 * @param options - `platform`: Windows knows by the name (`\\server\share`), Linux by the file system's type.
 */
export async function isNetworkFolder(
  path: string,
  { platform = process.platform }: { readonly platform?: NodeJS.Platform } = {},
): Promise<boolean> {
  if (platform === 'win32') return /^[/\\]{2}[^?.]/.test(path);
  if (platform !== 'linux') return false;
  try {
    return NETWORK_TYPES.includes((await statfs(path)).type);
  } catch {
    // Nobody can say: events are waited for, and the rescan finds what they miss.
    return false;
  }
}
