// The runner protocol as data: frame types, their caps, and pure encoding and decoding, shared by the daemon and the runner.

import type { InputMode } from './job.ts';
import type { LimitName } from './outcome.ts';

/** Frames from the daemon to a runner. `data` and `eof` answer a `pull` of the input, `companion` one of a companion. */
export const FRAME_IN = { load: 1, job: 2, data: 3, eof: 4, probe: 5, companion: 6 } as const;
/** Frames from a runner to the daemon. `started` ends the phase that `limits.load` holds. */
export const FRAME_OUT = {
  ready: 64,
  started: 65,
  pull: 66,
  part: 67,
  attach: 68,
  progress: 69,
  log: 70,
  done: 71,
  fail: 72,
  probed: 73,
} as const;

/** Any frame type of either direction. */
export type FrameType = (typeof FRAME_IN)[keyof typeof FRAME_IN] | (typeof FRAME_OUT)[keyof typeof FRAME_OUT];

/** One frame. `job` is 0 for frames that belong to no job. */
export type Frame = { readonly type: FrameType; readonly job: number; readonly payload: Buffer };

/** Bytes of input in one `data` frame: at most 262,144 UTF-16 units come of them. */
export const DATA_BYTES = 128 * 1024;
/** Bytes before the data of a `companion` frame: `u32 index`, from 1; no data is its end. A `pull` is such an index alone. */
export const INDEX_BYTES = 4;
/** UTF-8 bytes of one record. Source: sandbox.md 5. */
export const RECORD_BYTES = 64 * 1024;
/** Bytes of one `attach` frame. */
export const ATTACH_BYTES = 256 * 1024;
/**
 * What an `attach` frame costs of the output budget: small ones cost more than they hold, or a guest could flood with them.
 *
 * @param bytes - Payload of the frame.
 */
export const attachCost = (bytes: number): number => Math.max(bytes, 256);
/** `progress` frames of one job; further ones are not sent. */
export const PROGRESS_FRAMES = 200;
/** Records of one job beyond its steps: starts, finishes and attachments of its reports. */
export const RECORDS_BESIDE_STEPS = 10_000;
/** Bytes of an error's message or stack that cross the border, whatever the configuration allows. */
export const ERROR_FIELD_BYTES = 128 * 1024;

const KIB = 1024;
const MIB = 1024 * KIB;

/** Largest payload in bytes by type, for what a runner accepts. */
export const CAPS_IN: ReadonlyMap<number, number> = new Map([
  [FRAME_IN.load, 64 * MIB],
  // Arguments of the configuration may be a thousand texts of 8 KiB each.
  [FRAME_IN.job, 64 * MIB],
  [FRAME_IN.data, DATA_BYTES],
  [FRAME_IN.eof, 0],
  // 64 KiB of head in base64, a name, a few numbers.
  [FRAME_IN.probe, 128 * KIB],
  [FRAME_IN.companion, INDEX_BYTES + DATA_BYTES],
]);

/** Largest payload in bytes by type, for what the daemon accepts. Trust: checked before a byte is allocated. */
export const CAPS_OUT: ReadonlyMap<number, number> = new Map([
  [FRAME_OUT.ready, 4 * KIB],
  [FRAME_OUT.started, 0],
  [FRAME_OUT.pull, INDEX_BYTES],
  [FRAME_OUT.part, RECORD_BYTES],
  [FRAME_OUT.attach, ATTACH_BYTES],
  [FRAME_OUT.progress, 8],
  [FRAME_OUT.log, 1 + MIB],
  [FRAME_OUT.done, KIB],
  // Two error fields, each byte of which JSON may write as six.
  // One error text, escaped.
  [FRAME_OUT.probed, 6 * ERROR_FIELD_BYTES + KIB],
  [FRAME_OUT.fail, 2 * 6 * ERROR_FIELD_BYTES + 4 * KIB],
]);

/** Bytes before a payload: `u32 length` of all that follows, `u8 type`, `u32 job`. */
export const HEADER_BYTES = 9;
const AFTER_LENGTH_BYTES = 5;

/** A header that was read, or why it cannot be one. */
export type HeaderReading =
  | { readonly kind: 'header'; readonly type: FrameType; readonly job: number; readonly payloadBytes: number }
  | { readonly kind: 'broken'; readonly reason: string };

/**
 * Write a header.
 *
 * @param frame - Type, job (0 … 2³²−1) and the payload's size in bytes.
 */
export function encodeHeader(frame: Omit<Frame, 'payload'> & { readonly payloadBytes: number }): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32BE(AFTER_LENGTH_BYTES + frame.payloadBytes, 0);
  header.writeUInt8(frame.type, 4);
  header.writeUInt32BE(frame.job, AFTER_LENGTH_BYTES);
  return header;
}

/**
 * Write a whole frame.
 *
 * @param frame - See {@link Frame}; the cap of its type is the writer's to keep.
 */
export function encodeFrame(frame: Frame): Buffer {
  return Buffer.concat([encodeHeader({ ...frame, payloadBytes: frame.payload.length }), frame.payload]);
}

/**
 * Read a header: type and length are checked here, before anything is allocated for the payload.
 *
 * @param header - {@link HEADER_BYTES} bytes.
 * @param caps - {@link CAPS_IN} or {@link CAPS_OUT}.
 */
export function decodeHeader(header: Buffer, caps: ReadonlyMap<number, number>): HeaderReading {
  const length = header.readUInt32BE(0);
  const type = header.readUInt8(4);
  const cap = caps.get(type);
  if (cap === undefined) return { kind: 'broken', reason: `unknown frame type ${type}` };
  const payloadBytes = length - AFTER_LENGTH_BYTES;
  if (payloadBytes < 0 || payloadBytes > cap)
    return { kind: 'broken', reason: `frame of type ${type} claims ${payloadBytes} bytes, at most ${cap}` };
  // `caps` has only known types as keys.
  return { kind: 'header', type: type as FrameType, job: header.readUInt32BE(AFTER_LENGTH_BYTES), payloadBytes };
}

/** What a frame reader has to say. `broken` is final. */
export type FrameReading =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'more' }
  | { readonly kind: 'broken'; readonly reason: string };

/** Cuts a stream of bytes into frames; holds what was handed over and not read yet, and one unfinished frame. */
export type FrameReader = {
  /** Hand over bytes. Read with `next` until it says `more` before handing over others, or they pile up here. */
  readonly push: (chunk: Buffer) => void;
  readonly next: () => FrameReading;
};

/**
 * Make a frame reader. For who reads all before handing over more, memory stays below one header and one capped payload, however
 * small the pieces are that arrive.
 *
 * @param caps - Largest payload by type.
 */
export function makeFrameReader(caps: ReadonlyMap<number, number>): FrameReader {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerFilled = 0;
  let open: { readonly head: Omit<Frame, 'payload'>; readonly payload: Buffer } | null = null;
  let payloadFilled = 0;
  let chunk: Buffer = Buffer.alloc(0);
  let broken: FrameReading | null = null;

  function take(target: Buffer, filled: number): number {
    const copied = chunk.copy(target, filled);
    chunk = chunk.subarray(copied);
    return filled + copied;
  }

  function next(): FrameReading {
    if (broken !== null) return broken;
    if (open === null) {
      headerFilled = take(header, headerFilled);
      if (headerFilled < HEADER_BYTES) return { kind: 'more' };
      const read = decodeHeader(header, caps);
      if (read.kind === 'broken') return (broken = read);
      open = { head: { type: read.type, job: read.job }, payload: Buffer.alloc(read.payloadBytes) };
    }
    payloadFilled = take(open.payload, payloadFilled);
    if (payloadFilled < open.payload.length) return { kind: 'more' };
    const frame = { ...open.head, payload: open.payload };
    [open, headerFilled, payloadFilled] = [null, 0, 0];
    return { kind: 'frame', frame };
  }

  return {
    push: (bytes) => {
      // Race: what is read is used up before more is asked for, but a process that exits makes its pipe flow again.
      chunk = chunk.length === 0 ? bytes : Buffer.concat([chunk, bytes]);
    },
    next,
  };
}

/** Payload of `load`, as JSON. The runner makes a new isolate for it. */
export type LoadMessage = {
  /** The bundled guest script: leaves a `GuestRuntime` behind. */
  readonly guest: string;
  readonly heapBytes: number;
  readonly entry: string;
  readonly files: Readonly<Record<string, string>>;
};

/** Limits as the runner holds them: milliseconds, bytes, counts. */
export type RunnerLimits = {
  readonly loadMs: number;
  readonly cpuMs: number;
  readonly outputBytes: number;
  readonly records: number;
  readonly logLines: number;
  readonly logBytes: number;
  readonly logLineBytes: number;
  readonly errorTextBytes: number;
  readonly errorStackBytes: number;
};

/** A file of a job. */
export type FileMessage = {
  readonly name: string;
  readonly size: number;
  /** Is all of it valid UTF-8? Only the daemon sees all of it before the first record must be written. */
  readonly isUtf8: boolean;
};

/** Payload of `job`, as JSON. */
export type JobMessage = {
  readonly input: FileMessage;
  /** By index from 1 on. */
  readonly companions: readonly FileMessage[];
  readonly mode: InputMode;
  /** A label of TextDecoder, or `auto`. */
  readonly encoding: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly station: { readonly name: string; readonly location: string; readonly purpose: string };
  readonly nowUnixMs: number;
  readonly seed: number;
  readonly limits: RunnerLimits;
};

/** Payload of `probe`, as JSON. */
export type ProbeMessage = {
  /** `isUtf8` is about the head. */
  readonly file: FileMessage;
  /** The head, in base64. */
  readonly head: string;
  readonly encoding: string;
  readonly nowUnixMs: number;
  readonly seed: number;
  readonly limits: { readonly loadMs: number; readonly probeMs: number; readonly errorTextBytes: number };
};

/** Payload of `probed`, as JSON: what the converter's `probe` answered, before the daemon has checked it. */
export type ProbedMessage =
  | { readonly kind: 'confidence'; readonly value: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'none'; readonly reason: string };

/** Payload of `done`, as JSON. */
export type DoneMessage = {
  readonly encoding: string | null;
  readonly cpuMs: number;
  readonly heapBytes: number;
};

/** Payload of `fail`, as JSON: an end that is not `converted`, before the daemon has checked its texts. */
export type FailMessage =
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string; readonly line: number | null; readonly column: number | null }
  | { readonly kind: 'suspended'; readonly reason: string; readonly afterMs: number | null }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string; readonly stack: string }
  | { readonly kind: 'stopped'; readonly limit: LimitName; readonly used: number; readonly allowed: number };

/** Payload of `ready`, as JSON. `observed` is what a runner sees of the machine, only when it was started to look. */
export type ReadyMessage = { readonly observed: ObservedWalls | null };

/** What a runner that looks around finds. */
export type ObservedWalls = {
  /** Can it list a folder or read a file outside of what it needs? */
  readonly canReadFiles: boolean;
  /** Can it make a file anywhere? */
  readonly canWriteFiles: boolean;
  /** `refused`: it may make no socket. `unreachable`: it may, and no way leads out. */
  readonly network: 'refused' | 'unreachable' | 'reachable';
  readonly canStartProcesses: boolean;
  /** Names of network interfaces; `lo` alone in a network namespace of its own. */
  readonly networkInterfaces: readonly string[];
  /** Soft limits; null = none, or not told. */
  readonly dataBytes: number | null;
  readonly fileBytes: number | null;
  /** Null where it cannot be told (no /proc inside the wall). */
  readonly noNewPrivileges: boolean | null;
};

/**
 * Cut a text to a number of UTF-8 bytes, never inside a character.
 *
 * @param text - Any text.
 * @param maxBytes - ≥ 0.
 */
export function cutToBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text.length > maxBytes ? text.slice(0, maxBytes) : text, 'utf8');
  if (bytes.length <= maxBytes) return text.length > maxBytes ? text.slice(0, maxBytes) : text;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
