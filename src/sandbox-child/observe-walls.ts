// What a runner sees of the machine and can do to it when it is started to look: the truth behind `pool.walls`.

import { closeSync, openSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import process from 'node:process';
import type { ObservedWalls } from '../sandbox/channel.ts';

type LimitTable = Readonly<Record<string, { readonly soft: number | string }>>;

/** An address that is nobody's: asking for the way there sends nothing. Source: RFC 5737. */
const NOWHERE = { address: '192.0.2.1', port: 9 } as const;
/** What a socket that was made says when there is no way out. */
const NO_WAY = ['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL'];

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

function canReadFiles(): boolean {
  const isFileReadable = ['/etc/passwd', '/etc/hostname'].some((file) => attempt(() => readFileSync(file)) !== null);
  return isFileReadable || (attempt(() => readdirSync('/etc')) ?? []).length > 0;
}

function canWriteIn(folder: string): boolean {
  const file = `${folder}/airlock-wall-${process.pid}`;
  const made = attempt(() => openSync(file, 'wx'));
  if (made === null) return false;
  closeSync(made);
  attempt(() => unlinkSync(file));
  return true;
}

/** Trust: modules of Node that no other runner ever needs are asked for here and loaded nowhere else. */
function canStartProcesses(): boolean {
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  // A process that was made finds no such program; one that may not be made fails before that.
  const { error } = spawnSync('/airlock-no-such-program', [], { stdio: 'inherit' });
  return error === undefined || ('code' in error && error.code === 'ENOENT');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function tryNetwork(): Promise<ObservedWalls['network']> {
  const { createSocket } = process.getBuiltinModule('node:dgram');
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (network: ObservedWalls['network']): void => {
      attempt(() => socket.close());
      resolve(network);
    };
    socket.once('error', (error) => end(NO_WAY.includes(codeOf(error)) ? 'unreachable' : 'refused'));
    socket.once('connect', () => end('reachable'));
    socket.connect(NOWHERE.port, NOWHERE.address, (error?: Error) => {
      if (error !== undefined) end(NO_WAY.includes(codeOf(error)) ? 'unreachable' : 'refused');
    });
  });
}

/** Look around and try: files, network, processes, limits of this process. */
export async function observeWalls(): Promise<ObservedWalls> {
  const limits = attempt(readLimits) ?? {};
  return {
    canReadFiles: canReadFiles(),
    canWriteFiles: ['', '/tmp', '/var/tmp', '/dev/shm'].some(canWriteIn),
    network: await tryNetwork(),
    canStartProcesses: canStartProcesses(),
    networkInterfaces: Object.keys(attempt(networkInterfaces) ?? {}).slice(0, 20),
    dataBytes: softLimit(limits, 'data_seg_size_bytes'),
    fileBytes: softLimit(limits, 'file_size_blocks'),
    noNewPrivileges: readNoNewPrivileges(),
  };
}
