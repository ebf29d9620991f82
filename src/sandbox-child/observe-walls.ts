// What a runner sees of the machine when it is started to look: the truth behind `pool.walls`.

import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import process from 'node:process';
import type { ObservedWalls } from '../sandbox/channel.ts';

type LimitTable = Readonly<Record<string, { readonly soft: number | string }>>;

function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    // Being refused is what is hoped for.
    return null;
  }
}

function softLimit(limits: LimitTable, name: string): number | null {
  const soft = limits[name]?.soft;
  return typeof soft === 'number' ? soft : null;
}

function readLimits(): LimitTable {
  // Newer than its type; without it every address of the machine is looked up.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { readonly userLimits?: LimitTable };
  return report.userLimits ?? {};
}

function readNoNewPrivileges(): boolean | null {
  const status = attempt(() => readFileSync('/proc/self/status', 'utf8'));
  const match = /^NoNewPrivs:\s*(\d)/m.exec(status ?? '');
  return match === null ? null : match[1] === '1';
}

/** Look around: files, network, limits of this process. */
export function observeWalls(): ObservedWalls {
  const limits = attempt(readLimits) ?? {};
  const isFileReadable = attempt(() => readFileSync('/etc/hostname')) !== null;
  const isFolderReadable = (attempt(() => readdirSync('/etc')) ?? []).length > 0;
  return {
    canReadFiles: isFileReadable || isFolderReadable,
    networkInterfaces: Object.keys(attempt(networkInterfaces) ?? {}).slice(0, 20),
    dataBytes: softLimit(limits, 'data_seg_size_bytes'),
    fileBytes: softLimit(limits, 'file_size_blocks'),
    noNewPrivileges: readNoNewPrivileges(),
  };
}
