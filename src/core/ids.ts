// Ids and checked names, as brands: made here once, trusted everywhere after.

import { createHash, randomBytes } from 'node:crypto';

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** UUID version 7 of a submission. */
export type SubmissionId = Brand<string, 'SubmissionId'>;
/** UUID of a report: the file's own, or derived (queue.md 2). */
export type ReportId = Brand<string, 'ReportId'>;
/** Name of an IPC key. */
export type KeyId = Brand<string, 'KeyId'>;
/** Name of an instance: `[a-z0-9][a-z0-9-]{0,31}`. */
export type InstanceName = Brand<string, 'InstanceName'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/**
 * Is this a UUID in lower-case canonical form?
 *
 * @param text - Any text.
 */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * Is this a name as configuration.md 1 defines it (keys, instances, presets)?
 *
 * @param text - Any text.
 */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Brand a text that was checked to be a submission id. */
export const toSubmissionId = (text: string): SubmissionId => text as SubmissionId;
/** Brand a text that was checked to be a report id. */
export const toReportId = (text: string): ReportId => text as ReportId;
/** Brand a text that was checked to be a key id. */
export const toKeyId = (text: string): KeyId => text as KeyId;
/** Brand a text that was checked to be an instance name. */
export const toInstanceName = (text: string): InstanceName => text as InstanceName;

function formatUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/**
 * A new UUID version 7.
 *
 * @param nowUnixMs - Wall clock, milliseconds.
 * @param random - Source of random bytes; tests pass their own.
 * Source: RFC 9562 section 5.7.
 */
export function makeUuidV7(nowUnixMs: number, random: (size: number) => Buffer = randomBytes): string {
  const bytes = Buffer.concat([Buffer.alloc(6), random(10)]);
  bytes.writeUIntBE(nowUnixMs, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return formatUuid(bytes);
}

/**
 * The least UUID version 7 of a moment: ids made then or later are not before it, as text.
 *
 * @param unixMs - Wall clock, milliseconds.
 */
export function firstUuidV7(unixMs: number): string {
  return makeUuidV7(unixMs, (size) => Buffer.alloc(size));
}

/**
 * The UUID version 5 of a name in a namespace: the same input gives the same id for ever.
 *
 * @param namespace - A UUID.
 * @param name - Any text.
 * Source: RFC 9562 section 5.5.
 */
export function makeUuidV5(namespace: string, name: string): string {
  const seed = Buffer.from(namespace.replaceAll('-', ''), 'hex');
  const bytes = createHash('sha1').update(seed).update(name, 'utf8').digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return formatUuid(bytes);
}
