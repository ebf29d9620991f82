// `ipc`: seats, frames and calls. Source: configuration.md 2; what they mean: protocol.md 4.

import { z } from 'zod';
import { BYTES, duration, integer, MS, refusal, size } from '../values.ts';

/** So many a minute, and so many at once; `perMinute` 0 = no limit. */
const rate = (defaults: { readonly perMinute: number; readonly burst: number }) =>
  z
    .object({
      perMinute: integer(0, 10_000_000).prefault(defaults.perMinute),
      burst: integer(1, 10_000_000).prefault(defaults.burst),
    })
    .prefault({});

// A local group; Windows has blanks in their names. What ends a line or a field of group(5) is in none.
const groupName = z
  .string()
  .regex(/^[^\s:,/][^:,/\p{Cc}]{0,255}$/u, 'must be the name of a local group')
  .optional();

/** `ipc`. */
export const ipcSchema = z
  .object({
    connections: integer(4, 1024).prefault(64),
    perKey: integer(1, 1024).prefault(16),
    adminReserve: integer(0, 1023).prefault(4),
    preAuth: z
      .object({
        seats: integer(1, 64).prefault(8),
        timeout: duration({ min: 200, max: 30 * MS.second }).prefault('2 s'),
      })
      .prefault({}),
    failedProofs: z
      .object({
        count: integer(1, 10_000).prefault(5),
        per: duration({ min: 100, max: MS.hour }).prefault('10 s'),
        delay: duration({ max: MS.minute, zero: true }).prefault('1 s'),
      })
      .prefault({}),
    jsonFrame: size({ min: 64 * BYTES.kib, max: BYTES.mib }).prefault('256 KiB'),
    frameTimeout: duration({ min: MS.second, max: 5 * MS.minute }).prefault('10 s'),
    calls: integer(1, 1024).prefault(32),
    streams: integer(1, 1024).prefault(8),
    subscriptions: integer(1, 1024).prefault(16),
    eventHistory: integer(0, 100_000).prefault(1000),
    unsent: z
      .object({
        pause: size({ min: 4 * BYTES.kib, max: 256 * BYTES.mib }).prefault('1 MiB'),
        close: size({ min: 8 * BYTES.kib, max: 256 * BYTES.mib }).prefault('8 MiB'),
      })
      .prefault({}),
    rate: z
      .object({
        calls: rate({ perMinute: 100, burst: 20 }),
        submit: rate({ perMinute: 6000, burst: 500 }),
        global: z.number().min(1).max(1000).prefault(10),
      })
      .prefault({}),
    transport: z.enum(['node-ipc', 'node']).prefault('node-ipc'),
    groups: z.object({ submit: groupName, read: groupName, admin: groupName }).prefault({}),
    idempotency: duration({ min: MS.hour, max: 30 * MS.day }).prefault('24 h'),
  })
  .superRefine((ipc, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: path.split('.'), ...refusal('out_of_range', message) });
    if (ipc.perKey > ipc.connections)
      refuse('perKey', `must be at most ipc.connections (${ipc.connections}), received ${ipc.perKey}`);
    if (ipc.adminReserve >= ipc.connections) {
      refuse('adminReserve', `must be below ipc.connections (${ipc.connections}), received ${ipc.adminReserve}`);
    }
    if (ipc.unsent.pause >= ipc.unsent.close) refuse('unsent.pause', 'must be below ipc.unsent.close');
  });

/** `ipc`, read. */
export type IpcConfig = z.output<typeof ipcSchema>;
