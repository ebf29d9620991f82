// A golden transcript: its format, read and written. The format is described for other languages in tests/fixtures/transcripts/README.md.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Stands for the n-th id (from 0) that the server draws by itself. */
export const goldenId = (index: number): string => `018bcfe5-6800-7000-8000-00000000000${index + 1}`;

/** The one report that the server has from the start. */
export const LARGE_REPORT_ID = '11111111-1111-4111-8111-111111111111';

/** First line of a transcript: what both sides know beforehand. */
export type TranscriptMeta = {
  readonly format: 1;
  /** Also the file's name. */
  readonly name: string;
  readonly about: string;
  readonly protocol: number;
  readonly instance: string;
  /** Goes into the proofs; nothing needs to listen there. */
  readonly endpoint: string;
  readonly key: { readonly kid: string; readonly key: string; readonly scopes: readonly string[] };
  /** The client's random bytes of the handshake, as it says them. */
  readonly clientNonce: string;
  /** Settings of the server that differ from the defaults. */
  readonly ipc: { readonly rate?: object; readonly streams?: number };
  /** Items that its queue takes; left out = any number. */
  readonly maxItems?: number;
};

/** What the server is made to do. */
export type TranscriptAct =
  | { readonly kind: 'time'; readonly ms: number }
  | {
      readonly kind: 'change';
      readonly changeSeq: number;
      readonly topic: 'submission' | 'report';
      readonly data: object;
    }
  | { readonly kind: 'drain' }
  | { readonly kind: 'revoke' };

/** One line. `hex` is a whole frame with its length; `json` or `chunk` say the same for people, where it is short. */
export type TranscriptLine =
  | {
      readonly dir: 'c>s' | 's>c';
      readonly hex: string;
      readonly json?: unknown;
      readonly chunk?: { readonly stream: number; readonly flags: number; readonly bytes: number };
    }
  | { readonly dir: 'server'; readonly act: TranscriptAct }
  /** The server closes the connection. */
  | { readonly dir: 'close' };

/** A whole transcript. */
export type Transcript = { readonly meta: TranscriptMeta; readonly lines: readonly TranscriptLine[] };

/** Where the transcripts lie. */
export const transcriptFolder = path.resolve(import.meta.dirname, '../../fixtures/transcripts');

const MAX_SHOWN_BYTES = 4096;

/** One line for a frame, with what it says where it is short. */
export function frameLine(dir: 'c>s' | 's>c', frame: Buffer): TranscriptLine {
  const hex = frame.toString('hex');
  const body = frame.subarray(4);
  if (body[0] === 1 && body.length >= 8) {
    const chunk = { stream: body.readUInt32BE(4), flags: body.readUInt8(1), bytes: body.length - 8 };
    return { dir, hex, chunk };
  }
  if (body.length > MAX_SHOWN_BYTES) return { dir, hex };
  try {
    return { dir, hex, json: JSON.parse(body.toString('utf8')) };
  } catch {
    // Some transcripts show what is no JSON.
    return { dir, hex };
  }
}

/** As JSON lines. */
export function writeTranscript({ meta, lines }: Transcript): string {
  return [{ meta }, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Every transcript of the folder, by name. */
export function readTranscripts(): readonly Transcript[] {
  return globSync('*.jsonl', { cwd: transcriptFolder })
    .sort()
    .map((file) => {
      const [first, ...lines] = readFileSync(path.join(transcriptFolder, file), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line));
      return { meta: (first as { meta: TranscriptMeta }).meta, lines: lines as TranscriptLine[] };
    });
}
