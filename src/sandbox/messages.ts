// What a runner says at an end, parsed once: the daemon treats each byte of it as written by an enemy.

import { z } from 'zod';
import type { DoneMessage, FailMessage, ProbedMessage, ReadyMessage } from './channel.ts';

const count = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const place = z.int().min(1).max(Number.MAX_SAFE_INTEGER).nullable().catch(null);
const LIMITS = ['cpu', 'heap', 'load', 'output', 'steps'] as const;

const readySchema: z.ZodType<ReadyMessage> = z.strictObject({
  observed: z
    .strictObject({
      canReadFiles: z.boolean(),
      canWriteFiles: z.boolean(),
      network: z.enum(['refused', 'unreachable', 'reachable']),
      canStartProcesses: z.boolean(),
      networkInterfaces: z.array(z.string().max(64)).max(20),
      dataBytes: count.nullable(),
      fileBytes: count.nullable(),
      noNewPrivileges: z.boolean().nullable(),
    })
    .nullable(),
});

const doneSchema: z.ZodType<DoneMessage> = z.strictObject({
  encoding: z.string().max(40).nullable(),
  cpuMs: count,
  heapBytes: count,
});

const probedSchema: z.ZodType<ProbedMessage> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('confidence'), value: z.number().min(0).max(1) }),
  z.strictObject({ kind: z.literal('absent') }),
  z.strictObject({ kind: z.literal('none'), reason: z.string() }),
]);

const failSchema: z.ZodType<FailMessage> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('skipped'), reason: z.string() }),
  z.strictObject({ kind: z.literal('rejected'), reason: z.string(), line: place, column: place }),
  z.strictObject({ kind: z.literal('suspended'), reason: z.string(), afterMs: count.nullable().catch(null) }),
  z.strictObject({ kind: z.literal('failed'), name: z.string(), message: z.string(), stack: z.string() }),
  z.strictObject({ kind: z.literal('stopped'), limit: z.enum(LIMITS), used: count, allowed: count }),
]);

function parse<T>(schema: z.ZodType<T>, payload: Buffer): T | null {
  try {
    return schema.parse(JSON.parse(payload.toString('utf8')));
  } catch {
    // Neither JSON nor the shape: the caller ends the runner.
    return null;
  }
}

/**
 * Parse `ready`.
 *
 * @param payload - Bytes, already capped.
 * @returns The message, or null when it is none.
 */
export const parseReady = (payload: Buffer): ReadyMessage | null => parse(readySchema, payload);
/**
 * Parse `done`.
 *
 * @param payload - Bytes, already capped.
 * @returns The message, or null when it is none.
 */
export const parseDone = (payload: Buffer): DoneMessage | null => parse(doneSchema, payload);
/**
 * Parse `fail`.
 *
 * @param payload - Bytes, already capped.
 * @returns The message, or null when it is none.
 */
export const parseFail = (payload: Buffer): FailMessage | null => parse(failSchema, payload);
/**
 * Parse `probed`.
 *
 * @param payload - Bytes, already capped.
 * @returns The message, or null when it is none.
 */
export const parseProbed = (payload: Buffer): ProbedMessage | null => parse(probedSchema, payload);
