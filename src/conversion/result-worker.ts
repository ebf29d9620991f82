// Program of a result thread: checks the records of one conversion after the other, and reads large canonical files.

import { parentPort } from 'node:worker_threads';
import { assertNever } from '../core/assert-never.ts';
import { readBody } from '../disk/read-body.ts';
import { type Assembler, type FinishOutcome, makeAssembler } from '../report/assemble.ts';
import { type CanonicalFileOutcome, parseCanonicalFile } from '../report/canonical-file.ts';
import type { AssembledReport } from '../report/stamp.ts';
import type { FromResults, ResultItem, ToResults } from './result-messages.ts';

if (parentPort === null) throw new Error('Cannot start results: this file is a worker thread');
const port = parentPort;

/** Bytes of attachments that are alone in their memory are given away instead of copied. */
function buffersOf({ attachments }: AssembledReport): readonly ArrayBuffer[] {
  const buffers = attachments.flatMap(({ bytes }) =>
    bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength ? [bytes.buffer] : [],
  );
  return [...new Set(buffers)];
}

function tell(message: FromResults, buffers: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, buffers);
}

let assembler: Assembler | null = null;
let isRefused = false;
/** What was made and not yet asked for. */
let made: AssembledReport[] = [];

function end(outcome: FinishOutcome | CanonicalFileOutcome): void {
  if (outcome.kind !== 'reports') return tell({ kind: 'ended', outcome });
  made = [...outcome.reports];
  return tell({ kind: 'finished', reports: made.length });
}

function tellNext(): void {
  const report = made.shift();
  if (report === undefined) throw new Error('Cannot tell the next report: there is none');
  tell({ kind: 'report', report }, buffersOf(report));
}

function begun(): Assembler {
  if (assembler === null) throw new Error('Cannot take records: no conversion was begun');
  return assembler;
}

function take(items: readonly ResultItem[]): void {
  for (const item of items) {
    if (isRefused) return;
    const verdict = typeof item === 'string' ? begun().add(item) : begun().attach(item);
    if (verdict.kind === 'ok') continue;
    isRefused = true;
    tell({ kind: 'refused', verdict });
  }
}

async function read({ body, limits, stamp }: Extract<ToResults, { kind: 'read' }>): Promise<void> {
  try {
    end(parseCanonicalFile(await readBody(body), { limits, stamp }));
  } catch (error) {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}

function onMessage(message: ToResults): void {
  switch (message.kind) {
    case 'begin':
      assembler = makeAssembler(message.limits);
      isRefused = false;
      made = [];
      return;
    case 'items':
      return take(message.items);
    case 'check':
      return tell({ kind: 'checked', verdict: begun().verdict() });
    case 'finish': {
      const outcome = begun().finish(message.stamp);
      assembler = null;
      return end(outcome);
    }
    case 'next':
      return tellNext();
    case 'read':
      return void read(message);
    default:
      return assertNever(message);
  }
}

port.on('message', onMessage);
