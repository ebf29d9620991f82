// A real file system of a few MiB, for tests of what happens when the disk is full. Needs root on Linux.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A mounted disk; disposing unmounts it. */
export type SmallDisk = Disposable & {
  readonly path: string;
  readonly freeBytes: () => number;
  /** Fill it until so many bytes are left; replaces what was filled before. */
  readonly fillUntil: (leftBytes: number) => void;
  /** Take away what it was filled with. */
  readonly drain: () => void;
};

/** Mount one. Throws where the system does not allow it. */
export function mountSmallDisk(mebibytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'airlock-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'tmpfs', path], { stdio: 'pipe' });
  const filler = join(path, 'filler');
  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  const drain = (): void => rmSync(filler, { force: true });
  return {
    path,
    freeBytes,
    drain,
    fillUntil: (leftBytes) => {
      drain();
      writeFileSync(filler, Buffer.alloc(Math.max(0, freeBytes() - leftBytes), 1));
    },
    [Symbol.dispose]: () => {
      execFileSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function tryToMount(): boolean {
  try {
    using _disk = mountSmallDisk(1);
    return true;
  } catch {
    return false;
  }
}

/** May this process mount? Tests that need it are skipped by name where it may not. */
export const CAN_MOUNT = process.platform === 'linux' && tryToMount();
