// Where a command's words go: data to stdout, everything else to stderr, and `--json` as a contract.

import { styleText } from 'node:util';
import { AirlockError } from '../core/errors.ts';

/** Version of the `--json` documents; pinned. */
const JSON_SCHEMA_VERSION = 1;

/** A stream to write to. */
export type TextStream = { readonly write: (text: string) => unknown; readonly isTTY?: boolean | undefined };

/** How a command speaks. */
export type Output = {
  readonly isJson: boolean;
  /** stdout and stderr are both a terminal: progress may be drawn. */
  readonly isInteractive: boolean;
  /** One document on stdout; only with `--json`. `schemaVersion` is put in front. */
  readonly document: (value: Readonly<Record<string, unknown>>) => void;
  /** One JSON value on stdout that names its own version: canonical reports. Only with `--json`. */
  readonly bare: (value: unknown) => void;
  /** One line for people on stdout; silent with `--json`. */
  readonly line: (text?: string) => void;
  /** One line on stderr, in both modes. */
  readonly note: (text: string) => void;
  /** Overwrites the last progress line; only on a terminal and never with `--json`. */
  readonly progress: (text: string) => void;
  readonly style: (format: 'bold' | 'green' | 'red' | 'yellow' | 'dim', text: string) => string;
  /** Report a failure: the error document with `--json`, else one or more lines on stderr. */
  readonly failure: (error: AirlockError) => void;
};

/** The `error` member of a failed command's document. */
export type ErrorDocument = {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly details?: unknown;
};

/**
 * An error as `--json` shows it.
 *
 * @param error - The failure.
 */
export function toErrorDocument(error: AirlockError): ErrorDocument {
  const { retryAfterMs, details } = error.data;
  const findings = error.data['findings'];
  return {
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(details === undefined && findings === undefined ? {} : { details: details ?? findings }),
  };
}

// Trust: names of files and words of servers reach the terminal; control characters could move its cursor.
const CONTROL = /[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * Make a foreign text safe for a terminal: control and direction characters become `\u{…}`.
 *
 * @param text - Text from a file, a converter or a server.
 */
export function toPrintable(text: string): string {
  return text.replaceAll(CONTROL, (character) =>
    character === '\n' || character === '\t' ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/**
 * As {@link toPrintable}, on one line: a line end in a file's name must not begin a line that looks like ours.
 *
 * @param text - Text from a file, a converter or a server.
 */
export function toPrintableLine(text: string): string {
  return toPrintable(text).replaceAll('\n', String.raw`\u{a}`);
}

// JSON.stringify escapes C0 by itself; what is left raw can move a cursor or turn the direction as well.
const RAW_IN_JSON = /[\u007f-\u009f\p{Bidi_Control}]/gu;

/**
 * JSON that is safe for a terminal and the same value for a parser.
 *
 * @param value - Anything that JSON can hold.
 * @param indent - Blanks per level; 0 = one line.
 */
export function toJsonText(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replaceAll(
    RAW_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Make the output of one command.
 *
 * @param streams - stdout and stderr.
 * @param options - `isJson`: the `--json` contract.
 */
export function makeOutput(
  { stdout, stderr }: { readonly stdout: TextStream; readonly stderr: TextStream },
  { isJson }: { readonly isJson: boolean },
): Output {
  const isInteractive = stdout.isTTY === true && stderr.isTTY === true && !isJson;
  const document = (value: Readonly<Record<string, unknown>>): void =>
    void stdout.write(`${toJsonText({ schemaVersion: JSON_SCHEMA_VERSION, ...value })}\n`);
  return {
    isJson,
    isInteractive,
    document,
    bare: (value) => void stdout.write(`${toJsonText(value)}\n`),
    line: (text = '') => (isJson ? undefined : void stdout.write(`${text}\n`)),
    note: (text) => void stderr.write(`${text}\n`),
    progress: (text) => (isInteractive ? void stderr.write(`\r\u001b[2K${text}`) : undefined),
    style: (format, text) => (stdout.isTTY === true ? styleText(format, text) : text),
    failure: (error) => {
      if (isJson) return document({ error: toErrorDocument(error) });
      stderr.write(`airlock: ${toPrintable(error.message)}\n`);
      for (const line of detailLines(error)) stderr.write(`  ${toPrintable(line)}\n`);
    },
  };
}

function detailLines(error: AirlockError): readonly string[] {
  const lines = (error.data.details ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
  if (error.code === 'not_running') return [...lines, 'start one with: airlock start'];
  return error.data.retryAfterMs === undefined ? lines : [...lines, `try again in ${error.data.retryAfterMs} ms`];
}

/**
 * Anything thrown as an AirlockError: what is not one is a bug, named `internal`.
 *
 * @param error - Anything caught.
 */
export function toAirlockError(error: unknown): AirlockError {
  if (error instanceof AirlockError) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new AirlockError('internal', `Cannot go on: ${words}`, { cause: error });
}
