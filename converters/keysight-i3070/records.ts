// The log record format: nested records in braces, read piece by piece. Source: Keysight i3070, "Log Record Format".

import { BadInput } from 'airlock/converter';

/** One record: `{@A-RES|0|+1.0E+03{@LIM2|…}}`. */
export type LogRecord = {
  /** Without `@`, e.g. `A-RES`. */
  readonly type: string;
  /** As written, without blanks around them; a list keeps its count, e.g. `\2`. */
  readonly fields: readonly string[];
  readonly children: readonly LogRecord[];
  /** Line of its opening brace. */
  readonly line: number;
};

/** What the reader tells: batches and boards as they open and close, everything else as whole records. */
export type LogEvent =
  | { readonly kind: 'open'; readonly record: LogRecord }
  | { readonly kind: 'record'; readonly record: LogRecord }
  | { readonly kind: 'close'; readonly type: string }
  /** The tester marked a record as cut. */
  | { readonly kind: 'cut'; readonly line: number }
  /** The file ends with these still open. */
  | { readonly kind: 'end'; readonly open: readonly LogRecord[] };

/** A record whose closing brace has not come yet. */
type Draft = LogRecord & { readonly fields: string[]; readonly children: LogRecord[]; isTold: boolean };

type Reader = {
  readonly stack: Draft[];
  readonly events: LogEvent[];
  line: number;
  /** Text of the field at hand. */
  field: string;
  /** Characters that a literal (`~N|…`) still takes, whatever they are. */
  literal: number;
  /** Does `field` hold a literal? Then it is kept as it is. */
  isLiteral: boolean;
};

/** Deepest nesting; the format needs five. */
const DEEPEST = 16;
const CONTAINERS: readonly string[] = ['BATCH', 'BTEST'];
/** Written by the tester where it had to cut a record. */
const CUT = String.fromCharCode(4);
const TOKENS = new RegExp(`([{}|\\n${CUT}])`);
const LITERAL = /^~(\d{1,7})$/;
const LONGEST_FIELD = 1024 ** 2;
/** The format's types have six characters; an unknown one becomes the name of a step, which may have so many. */
const LONGEST_TYPE = 8_192;

function bad(reader: Reader, message: string): never {
  throw new BadInput(message, { line: reader.line });
}

function takeField(reader: Reader): string {
  const text = reader.isLiteral ? reader.field : reader.field.trim();
  reader.field = '';
  reader.isLiteral = false;
  return text;
}

/** `@PIN\2` is a type with a list in it. */
function startRecord(reader: Reader, draft: Draft, text: string): Draft {
  const slash = text.indexOf('\\');
  const type = slash < 0 ? text : text.slice(0, slash);
  if (type.length > LONGEST_TYPE)
    bad(reader, `the type {${type.slice(0, 20)}… is longer than ${LONGEST_TYPE} characters`);
  return { ...draft, type: type.slice(1), fields: slash < 0 ? [] : [text.slice(slash)] };
}

function endField(reader: Reader): void {
  const top = reader.stack.at(-1);
  const text = takeField(reader);
  if (top === undefined) {
    if (text !== '') bad(reader, `"${text.slice(0, 50)}" stands outside of a record`);
    return;
  }
  if (top.type === '') {
    if (!text.startsWith('@') || text.length < 2) bad(reader, `"{${text.slice(0, 50)}" begins no record`);
    reader.stack[reader.stack.length - 1] = startRecord(reader, top, text);
    return;
  }
  // Behind a record inside there are only blanks, unless the file says more.
  if (text !== '' || (top.children.length === 0 && !top.isTold)) top.fields.push(text);
}

function tell(reader: Reader): void {
  const top = reader.stack.at(-1);
  if (top === undefined || top.isTold || !CONTAINERS.includes(top.type)) return;
  top.isTold = true;
  reader.events.push({ kind: 'open', record: top });
}

function openRecord(reader: Reader): void {
  endField(reader);
  tell(reader);
  if (reader.stack.length >= DEEPEST) bad(reader, `records are nested more than ${DEEPEST} deep`);
  reader.stack.push({ type: '', fields: [], children: [], line: reader.line, isTold: false });
}

function closeRecord(reader: Reader): void {
  endField(reader);
  tell(reader);
  const record = reader.stack.pop();
  if (record === undefined) return bad(reader, 'a brace closes no record');
  const above = reader.stack.at(-1);
  if (record.isTold) reader.events.push({ kind: 'close', type: record.type });
  else if (above === undefined || above.isTold) reader.events.push({ kind: 'record', record });
  else above.children.push(record);
}

function endBar(reader: Reader): void {
  const literal = LITERAL.exec(reader.field.trim());
  if (literal === null) return endField(reader);
  reader.literal = Number(literal[1]);
  reader.field = '';
  reader.isLiteral = true;
}

function addText(reader: Reader, text: string): void {
  if (text === '') return;
  if (reader.field.length + text.length > LONGEST_FIELD) bad(reader, `a field is over ${LONGEST_FIELD} characters`);
  reader.field += text;
}

function takeToken(reader: Reader, token: string): void {
  if (reader.literal > 0) {
    const taken = token.slice(0, reader.literal);
    reader.literal -= taken.length;
    if (taken === '\n') reader.line += 1;
    addText(reader, taken);
    return taken === token ? undefined : takeToken(reader, token.slice(taken.length));
  }
  if (token === '{') openRecord(reader);
  else if (token === '}') closeRecord(reader);
  else if (token === '|') endBar(reader);
  else if (token === CUT) reader.events.push({ kind: 'cut', line: reader.line });
  else addText(reader, token);
  if (token === '\n') reader.line += 1;
}

/**
 * Read records. Constant memory: a record below a board is told when it closes, a board and a batch when they open.
 *
 * @param pieces - The text.
 * @throws {BadInput} where braces do not match, with the line.
 */
export function* readRecords(pieces: Iterable<string>): Generator<LogEvent, void> {
  const reader: Reader = { stack: [], events: [], line: 1, field: '', literal: 0, isLiteral: false };
  for (const piece of pieces) {
    for (const token of piece.split(TOKENS)) takeToken(reader, token);
    yield* reader.events.splice(0);
  }
  if (reader.literal > 0) bad(reader, `the file ends ${reader.literal} characters before the end of a literal`);
  endField(reader);
  yield* reader.events.splice(0);
  yield { kind: 'end', open: [...reader.stack] };
}

/**
 * A record as the file writes it, on one line.
 *
 * @param record - Any.
 */
export function writeRecord({ type, fields, children }: LogRecord): string {
  const [first, ...rest] = fields;
  const list = first?.startsWith('\\') ? [`@${type}${first}`, ...rest] : [`@${type}`, ...fields];
  return `{${list.join('|')}${children.map(writeRecord).join('')}}`;
}
