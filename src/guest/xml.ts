// `xml`: an XML document as events and small trees, read forwards in constant memory; nothing is ever fetched or expanded.

import { SaxesParser, type SaxesTag } from 'saxes';
import { BadInput } from './errors.ts';
import type { TextSource } from './input.ts';

/** Longest text, comment or tag, in UTF-16 units. */
export const LONGEST_XML_TEXT = 4 * 1024 ** 2;
/** Elements inside each other. Source: sandbox.md 8. */
export const DEEPEST_XML = 256;
/** Elements of one tree. */
export const LARGEST_XML_TREE = 100_000;
/** UTF-16 units of all texts of one tree. */
export const LONGEST_XML_TREE = 2 * LONGEST_XML_TEXT;

/** UTF-16 units given to the parser at once: what is read ahead of the converter. */
const SLICE = 16_384;

/** How the document is read. */
export type XmlOptions = {
  /** Split names: `name` is the local part, `namespace` the URI behind its prefix. Default: names as they are written. */
  readonly namespaces?: boolean;
};

/** Values by name, as written; null prototype. */
export type XmlAttributes = Readonly<Record<string, string | undefined>>;

/** A tag begins, some text, a tag ends. `depth` is 1 for the root; `line` counts from 1. */
export type XmlEvent =
  | {
      readonly kind: 'open';
      readonly name: string;
      /** URI; empty without `namespaces`. */
      readonly namespace: string;
      readonly attributes: XmlAttributes;
      readonly depth: number;
      readonly line: number;
    }
  /** All text up to the next tag, CDATA included; never empty, but it may be blank. */
  | { readonly kind: 'text'; readonly text: string; readonly depth: number; readonly line: number }
  | { readonly kind: 'close'; readonly name: string; readonly depth: number; readonly line: number };

/** An element with everything in it. */
export type XmlElement = {
  readonly name: string;
  /** URI; empty without `namespaces`. */
  readonly namespace: string;
  readonly attributes: XmlAttributes;
  /** Its own text, without that of its children. */
  readonly text: string;
  readonly children: readonly XmlElement[];
  /** Line of its tag, from 1. */
  readonly line: number;
};

/** Events, once, forwards. */
export type XmlReader = IterableIterator<XmlEvent> & {
  /**
   * The element whose `open` event was given last, whole; the next event is the one after its end.
   *
   * @throws {BadInput} for one of more than {@link LARGEST_XML_TREE} elements or {@link LONGEST_XML_TREE} characters.
   */
  readonly tree: () => XmlElement;
};

type OpenEvent = Extract<XmlEvent, { readonly kind: 'open' }>;
type Parser = SaxesParser<{ readonly xmlns: boolean }>;

/** Refuse at the place that the parser has reached. */
function refuseAt(parser: Parser, reason: string): never {
  throw new BadInput(reason, { line: parser.line, column: Math.max(1, parser.column) });
}

function attributesOf(tag: SaxesTag): XmlAttributes {
  const attributes: Record<string, string> = Object.create(null);
  const names = Object.keys(tag.attributes);
  // An index and no iterator: without a compiler it takes a fifth of the time.
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] ?? '';
    const given = tag.attributes[name];
    if (given !== undefined) attributes[name] = typeof given === 'string' ? given : given.value;
  }
  return attributes;
}

/** What has been read and not been given yet. */
type Reading = {
  readonly events: XmlEvent[];
  text: string;
  textLine: number;
  tagLine: number;
  depth: number;
  /** Where in the document the last thing ended. */
  position: number;
};

function flush(reading: Reading): void {
  const { text, textLine, depth } = reading;
  if (text !== '' && depth > 0) reading.events.push({ kind: 'text', text, depth, line: textLine });
  reading.text = '';
}

function open(parser: Parser, reading: Reading, tag: SaxesTag): void {
  reading.depth += 1;
  if (reading.depth > DEEPEST_XML) refuseAt(parser, `the XML is deeper than ${DEEPEST_XML} elements`);
  reading.events.push({
    kind: 'open',
    name: 'local' in tag && tag.local !== undefined ? tag.local : tag.name,
    namespace: 'uri' in tag && tag.uri !== undefined ? tag.uri : '',
    attributes: attributesOf(tag),
    depth: reading.depth,
    line: reading.tagLine,
  });
  reading.position = parser.position;
}

function close(parser: Parser, reading: Reading, tag: SaxesTag): void {
  flush(reading);
  const name = 'local' in tag && tag.local !== undefined ? tag.local : tag.name;
  reading.events.push({ kind: 'close', name, depth: reading.depth, line: parser.line });
  reading.depth -= 1;
  reading.position = parser.position;
}

function addText(parser: Parser, reading: Reading, text: string): void {
  if (reading.text === '') reading.textLine = parser.line;
  if (reading.text.length + text.length > LONGEST_XML_TEXT) refuseLong(parser);
  reading.text += text;
  reading.position = parser.position;
}

function refuseLong(parser: Parser): never {
  return refuseAt(parser, `a text or tag of the XML is longer than ${LONGEST_XML_TEXT} characters`);
}

function makeParser(reading: Reading, { namespaces = false }: XmlOptions): Parser {
  const parser: Parser = new SaxesParser({ xmlns: namespaces });
  const skip = (): void => {
    reading.position = parser.position;
  };
  parser.on('error', ({ message }) => {
    const reason = message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
    refuseAt(parser, `the XML is not well-formed: ${reason}`);
  });
  // Trust: a document type can define entities and name files; no report needs one.
  parser.on('doctype', () => refuseAt(parser, 'the XML has a document type (DOCTYPE), which is not read'));
  parser.on('opentagstart', () => {
    flush(reading);
    reading.tagLine = parser.line;
  });
  parser.on('opentag', (tag) => open(parser, reading, tag));
  parser.on('closetag', (tag) => close(parser, reading, tag));
  parser.on('text', (text) => addText(parser, reading, text));
  parser.on('cdata', (text) => addText(parser, reading, text));
  parser.on('comment', skip);
  parser.on('processinginstruction', skip);
  return parser;
}

function* slicesOf(source: TextSource | string): Generator<string, void> {
  for (const piece of typeof source === 'string' ? [source] : source.chunks()) {
    if (typeof piece !== 'string') {
      throw new Error('Cannot read XML from bytes: converter.json must say "input": "lines" or "text"');
    }
    for (let at = 0; at < piece.length; at += SLICE) yield piece.slice(at, at + SLICE);
  }
}

function* readEvents(source: TextSource | string, options: XmlOptions): Generator<XmlEvent, void> {
  const reading: Reading = { events: [], text: '', textLine: 1, tagLine: 1, depth: 0, position: 0 };
  const parser = makeParser(reading, options);
  for (const slice of slicesOf(source)) {
    parser.write(slice);
    // What is begun and not given yet; a text that is just short enough may have its end behind it.
    if (parser.position - reading.position > LONGEST_XML_TEXT + SLICE) refuseLong(parser);
    yield* reading.events.splice(0);
  }
  parser.close();
  yield* reading.events.splice(0);
}

type Mutable = XmlElement & { text: string; readonly children: XmlElement[] };

function toElement({ name, namespace, attributes, line }: OpenEvent): Mutable {
  return { name, namespace, attributes, text: '', children: [], line };
}

function readTree(events: Iterator<XmlEvent, void>, first: OpenEvent): XmlElement {
  const root = toElement(first);
  const path = [root];
  let elements = 1;
  let characters = 0;
  for (let next = events.next(); next.done !== true; next = events.next()) {
    const event = next.value;
    const current = path.at(-1) ?? root;
    if (event.kind === 'close' && event.depth === first.depth) return root;
    if (event.kind === 'close') path.pop();
    if (event.kind === 'text') {
      current.text += event.text;
      characters += event.text.length;
    }
    if (event.kind === 'open') {
      const child = toElement(event);
      current.children.push(child);
      path.push(child);
      elements += 1;
    }
    if (elements > LARGEST_XML_TREE || characters > LONGEST_XML_TREE) {
      throw new BadInput(`the element ${first.name} is too large to be held as a whole`, { line: first.line });
    }
  }
  return root;
}

/**
 * Read an XML document as events.
 *
 * A DOCTYPE, entities that XML itself does not define, more than {@link DEEPEST_XML} levels and texts over
 * {@link LONGEST_XML_TEXT} characters are refused. The declared encoding is not looked at: the text is decoded already.
 *
 * @param source - The input (manifest `input`: `lines` or `text`), or a text.
 * @param options - See {@link XmlOptions}.
 * @throws {BadInput} while reading, with line and column.
 */
export function xml(source: TextSource | string, options: XmlOptions = {}): XmlReader {
  const events = readEvents(source, options);
  let last: XmlEvent | null = null;
  const reader: XmlReader = {
    next: () => {
      const next = events.next();
      last = next.done === true ? null : next.value;
      return next;
    },
    tree: () => {
      if (last?.kind !== 'open') throw new Error('Cannot read a tree here: the last event opened no element');
      const first = last;
      last = null;
      return readTree(events, first);
    },
    [Symbol.iterator]: () => reader,
  };
  return reader;
}

/**
 * Every element of some names as a small tree, one after the other; one inside another belongs to the outer one.
 *
 * @param source - See {@link xml}.
 * @param names - Names to look for.
 * @param options - See {@link XmlOptions}.
 * @throws {BadInput} while reading, see {@link xml}.
 */
export function* xmlElements(
  source: TextSource | string,
  names: readonly string[],
  options: XmlOptions = {},
): Generator<XmlElement, void> {
  const reader = xml(source, options);
  for (const event of reader) if (event.kind === 'open' && names.includes(event.name)) yield reader.tree();
}

/**
 * A whole small document as one tree: its root.
 *
 * @param source - See {@link xml}.
 * @param options - See {@link XmlOptions}.
 * @throws {BadInput} see {@link xml}, and for a document over the size of a tree.
 */
export function xmlTree(source: TextSource | string, options: XmlOptions = {}): XmlElement {
  const reader = xml(source, options);
  let root: XmlElement | null = null;
  // Order: the rest is read too, so that nothing wrong after the root goes unseen.
  for (const event of reader) if (event.kind === 'open') root = reader.tree();
  if (root === null) throw new BadInput('the XML has no element');
  return root;
}
