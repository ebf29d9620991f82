// The five functions a guest may call, as the runner answers them: checked, counted, and never throwing.

import {
  ATTACH_BYTES,
  attachCost,
  cutToBytes,
  FRAME_OUT,
  type FrameType,
  PROGRESS_FRAMES,
  RECORD_BYTES,
  type RunnerLimits,
} from '../sandbox/channel.ts';
import type { LimitName } from '../sandbox/outcome.ts';
import type { Decoder } from './decode.ts';

/** Answers to the guest. Source: guest/host.ts. */
const TAKEN = 0;
const LIMIT = 1;

const PROGRESS_STEP = 1 / PROGRESS_FRAMES;
const LEVEL_WARN = 2;

/** The limit at which a host function ends the conversion. */
export type Stop = { readonly limit: LimitName; readonly used: number; readonly allowed: number };

/** Host functions as the prelude gets them. Trust: every argument was chosen by the guest. */
export type HostFunctions = {
  readonly pull: (index: unknown) => string;
  /** A record, or the length of one that was too long to cross. */
  readonly part: (record: unknown) => number;
  readonly attach: (bytes: unknown) => number;
  readonly log: (level: unknown, text: unknown) => number;
  readonly progress: (fraction: unknown) => number;
};

/** What host functions work with: the job's share of the channel. */
export type HostDeps = {
  readonly send: (type: FrameType, payload: Uint8Array) => void;
  /** Ask for the next bytes of a file and wait: the bytes, or null at its end. */
  readonly fetch: (index: number) => Uint8Array | null;
  /** One per file: the input, then its companions. */
  readonly decoders: readonly Decoder[];
  /** A budget is used up: the conversion ends as `stopped` before the guest does anything more. */
  readonly onStop: (stop: Stop) => void;
};

const toBytes = (text: string): Buffer => Buffer.from(text, 'utf8');

function makePullOne(fetch: () => Uint8Array | null, decoder: Decoder): () => string {
  let isAtEnd = false;
  return () => {
    while (!isAtEnd) {
      const bytes = fetch();
      isAtEnd = bytes === null;
      const text = bytes === null ? decoder.end() : decoder.push(bytes);
      // Bytes that end inside a character may give no text yet; only the end of the file is the empty text.
      if (text !== '') return text;
    }
    return '';
  };
}

function makePull({ fetch, decoders }: HostDeps): HostFunctions['pull'] {
  const pulls = decoders.map((decoder, index) => makePullOne(() => fetch(index), decoder));
  return (index) => (typeof index === 'number' ? (pulls[index]?.() ?? '') : '');
}

function makeLog({ send }: HostDeps, limits: RunnerLimits): HostFunctions['log'] {
  let lines = 0;
  let bytes = 0;
  let isCut = false;

  const write = (level: number, text: Buffer): void => send(FRAME_OUT.log, Buffer.concat([Uint8Array.of(level), text]));

  return (level, text) => {
    if (isCut || typeof level !== 'number' || typeof text !== 'string') return TAKEN;
    const line = toBytes(cutToBytes(text, limits.logLineBytes));
    lines += 1;
    bytes += line.length;
    isCut = lines > limits.logLines || bytes > limits.logBytes;
    if (isCut) write(LEVEL_WARN, toBytes('log truncated: the limit of lines or bytes is reached'));
    else write(Math.min(Math.max(Math.trunc(level) || 0, 0), 3), line);
    return TAKEN;
  };
}

function makeProgress({ send }: HostDeps): HostFunctions['progress'] {
  let frames = 0;
  let last = -1;
  return (fraction) => {
    if (typeof fraction !== 'number' || !(fraction >= 0 && fraction <= 1)) return TAKEN;
    if (frames >= PROGRESS_FRAMES || Math.abs(fraction - last) < PROGRESS_STEP) return TAKEN;
    frames += 1;
    last = fraction;
    const payload = Buffer.alloc(8);
    payload.writeDoubleBE(fraction);
    send(FRAME_OUT.progress, payload);
    return TAKEN;
  };
}

/**
 * Make the host functions of one job.
 *
 * @param deps - Channel and decoder.
 * @param limits - Budgets, by count and by bytes.
 */
export function makeHostFunctions(deps: HostDeps, limits: RunnerLimits): HostFunctions {
  let outputBytes = 0;
  let records = 0;

  function end(limit: LimitName, used: number, allowed: number): number {
    deps.onStop({ limit, used, allowed });
    return LIMIT;
  }

  function output(type: FrameType, bytes: Buffer, cost: number): number {
    outputBytes += cost;
    if (outputBytes > limits.outputBytes) return end('output', outputBytes, limits.outputBytes);
    deps.send(type, bytes);
    return TAKEN;
  }

  function part(record: unknown): number {
    if (typeof record === 'number') return end('output', record, RECORD_BYTES);
    if (typeof record !== 'string') return end('output', 0, 0);
    const bytes = toBytes(record);
    if (bytes.length > RECORD_BYTES) return end('output', bytes.length, RECORD_BYTES);
    records += 1;
    return records > limits.records
      ? end('steps', records, limits.records)
      : output(FRAME_OUT.part, bytes, bytes.length);
  }

  function attach(text: unknown): number {
    if (typeof text !== 'string' || text.length > ATTACH_BYTES) return end('output', 0, 0);
    if (text === '') return TAKEN;
    const bytes = Buffer.from(text, 'latin1');
    // A character above 0xFF is no byte: it would come back as another one.
    return bytes.toString('latin1') === text
      ? output(FRAME_OUT.attach, bytes, attachCost(bytes.length))
      : end('output', 0, 0);
  }

  return {
    pull: makePull(deps),
    part,
    attach,
    log: makeLog(deps, limits),
    progress: makeProgress(deps),
  };
}
