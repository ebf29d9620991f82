// TestStand's property tree, read piece by piece: results become steps as soon as they end, so that only those are held.

import type { XmlAttributes, XmlReader } from 'airlock/converter';

/** A `Prop`, or a `Value` of an array. */
export type Prop = {
  readonly name: string;
  readonly type: string;
  readonly typeName: string;
  /** Text of its value; empty for objects and arrays. */
  value: string;
  /** Properties of an object, elements of an array (named by their index, such as `[0]`). */
  props: Prop[];
  /** What a result was turned into when it ended. */
  result: unknown;
};

/** Parts of the tree that say nothing about the unit: what the report looks like, and prototypes of array elements. */
const SKIPPED = ['Attributes', 'ArrayElementPrototype', 'Comment'];
const SKIPPED_PROPS = ['ReportOptions'];

/** Is this the type of one step's result? */
export const isResult = ({ type, typeName }: Prop): boolean => type === 'TEResult' || typeName === 'TEResult';

/** The property at a path of names. */
export function at(prop: Prop | undefined, ...path: readonly string[]): Prop | undefined {
  let found = prop;
  for (const name of path) found = found?.props.find((child) => child.name === name);
  return found;
}

/** Text at a path; null where there is none, or only blanks. */
export function textAt(prop: Prop | undefined, ...path: readonly string[]): string | null {
  const value = at(prop, ...path)?.value;
  return value === undefined || value.trim() === '' ? null : value;
}

function toProp(name: string, attributes: XmlAttributes): Prop {
  return {
    name: name === 'Value' ? (attributes['ID'] ?? '') : (attributes['Name'] ?? ''),
    type: attributes['Type'] ?? '',
    typeName: attributes['TypeName'] ?? '',
    value: '',
    props: [],
    result: null,
  };
}

/** Reads properties. `onResult` turns each result that ended into what is kept of it. */
export type PropReading = { readonly reader: XmlReader; readonly onResult: (result: Prop) => unknown };

function open(reading: PropReading, path: Prop[], element: { name: string; attributes: XmlAttributes }): void {
  const parent = path.at(-1);
  const { name, attributes } = element;
  if (SKIPPED.includes(name) || SKIPPED_PROPS.includes(attributes['Name'] ?? '')) {
    reading.reader.tree();
    return;
  }
  // The value of a scalar is part of it, those of an array are elements.
  const isScalar = name === 'Value' && attributes['ID'] === undefined;
  const prop = isScalar && parent !== undefined ? parent : toProp(name, attributes);
  if (prop !== parent) parent?.props.push(prop);
  path.push(prop);
}

function close({ onResult }: PropReading, path: Prop[]): void {
  const ended = path.pop();
  if (ended === undefined || !isResult(ended) || path.at(-1) === ended) return;
  ended.result = onResult(ended);
  ended.props = [];
}

/**
 * Read the element whose `open` event was given last.
 *
 * @param reading - See {@link PropReading}.
 * @param element - Its name and attributes.
 */
export function readProp(reading: PropReading, element: { name: string; attributes: XmlAttributes }): Prop {
  const root = toProp(element.name, element.attributes);
  const path = [root];
  for (const event of reading.reader) {
    const current = path.at(-1);
    if (event.kind === 'open') open(reading, path, event);
    if (event.kind === 'text' && current !== undefined && event.text.trim() !== '') current.value += event.text;
    if (event.kind === 'close' && path.length > 1) close(reading, path);
    else if (event.kind === 'close') break;
  }
  if (isResult(root)) root.result = reading.onResult(root);
  return root;
}
