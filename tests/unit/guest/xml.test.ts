import { describe, expect, it } from 'vitest';
import { BadInput } from '../../../src/guest/errors.ts';
import {
  DEEPEST_XML,
  LARGEST_XML_TREE,
  LONGEST_XML_TEXT,
  LONGEST_XML_TREE,
  xml,
  xmlElements,
  xmlTree,
} from '../../../src/guest/xml.ts';

function refusal(run: () => unknown): ReturnType<typeof BadInput.read> {
  try {
    run();
  } catch (error) {
    return BadInput.read(error);
  }
  return null;
}

const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth);
const text = (length: number): string => `<a>${'x'.repeat(length)}</a>`;

describe('xml()', () => {
  it('gives tags, texts and CDATA in order, with depth and line', () => {
    expect([...xml('<?xml version="1.0"?>\n<a x="1">\n<b/>t<![CDATA[<&]]>u<!-- c -->v</a>')]).toEqual([
      { kind: 'open', name: 'a', namespace: '', attributes: { x: '1' }, depth: 1, line: 2 },
      { kind: 'text', text: '\n', depth: 1, line: 3 },
      { kind: 'open', name: 'b', namespace: '', attributes: {}, depth: 2, line: 3 },
      { kind: 'close', name: 'b', depth: 2, line: 3 },
      { kind: 'text', text: 't<&uv', depth: 1, line: 3 },
      { kind: 'close', name: 'a', depth: 1, line: 3 },
    ]);
  });

  it('splits names and finds namespaces when asked to', () => {
    const source = '<p:a xmlns:p="urn:x" p:k="1"><b xmlns="urn:y"/></p:a>';
    const opened = [...xml(source, { namespaces: true })].filter((event) => event.kind === 'open');

    expect(opened.map(({ name, namespace }) => ({ name, namespace }))).toEqual([
      { name: 'a', namespace: 'urn:x' },
      { name: 'b', namespace: 'urn:y' },
    ]);
    expect(opened[0]?.attributes['p:k']).toBe('1');
    expect([...xml(source)].map((event) => ('name' in event ? event.name : ''))).toEqual(['p:a', 'b', 'b', 'p:a']);
  });

  it('reads character references and the five entities of XML', () => {
    expect(xmlTree('<a b="&lt;&#65;">&amp;&#x1F600;</a>')).toMatchObject({ text: '&😀', attributes: { b: '<A' } });
  });

  it('takes attributes called like parts of an object for what they are', () => {
    expect(xmlTree('<a __proto__="x" constructor="y"/>').attributes['__proto__']).toBe('x');
  });

  it('gives a subtree on request and goes on after it', () => {
    const reader = xml('<r><c n="1"><d>x</d></c><c n="2"/></r>');
    const trees: unknown[] = [];

    for (const event of reader) if (event.kind === 'open' && event.name === 'c') trees.push(reader.tree());

    expect(trees).toMatchObject([
      { attributes: { n: '1' }, children: [{ name: 'd', text: 'x' }] },
      { attributes: { n: '2' }, children: [] },
    ]);
  });

  it('gives no tree where no element was opened', () => {
    const reader = xml('<a/>');

    expect(() => reader.tree()).toThrow('the last event opened no element');
  });

  it('refuses bytes, which the manifest has to ask for as text', () => {
    expect(() => [...xml({ chunks: () => [new Uint8Array(1)] })]).toThrow('"input": "lines" or "text"');
  });

  it.each([
    ['a document type', '<!DOCTYPE a>\n<a/>', 1],
    ['a document type with entities', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 1],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 1],
    ['an entity that nobody defined', '<a>\n&x;</a>', 2],
    ['an element that is not closed', '<a>\n<b>', 2],
    ['a tag that is cut off', '<a>\n<b x="', 2],
    ['tags that cross', '<a><b></a></b>', 1],
    ['a second root', '<a/>\n<b/>', 2],
    ['the same attribute twice', '<a x="1" x="2"/>', 1],
    ['a bare ampersand', '<a>1 & 2</a>', 1],
    ['NUL', '<a>\0</a>', 1],
    ['nothing', '', 1],
    ['text alone', 'hello', 1],
  ])('refuses %s with its line', (_what, source, line) => {
    expect(refusal(() => [...xml(source)])).toMatchObject({ line, reason: expect.stringMatching(/XML/) });
  });

  it('refuses one level more than it allows', () => {
    expect([...xml(nested(DEEPEST_XML - 1))]).toHaveLength(2 * (DEEPEST_XML - 1));
    expect([...xml(nested(DEEPEST_XML))]).toHaveLength(2 * DEEPEST_XML);
    expect(refusal(() => [...xml(nested(DEEPEST_XML + 1))])?.reason).toBe('the XML is deeper than 256 elements');
  });

  it('refuses one character of text more than it allows', () => {
    expect(xmlTree(text(LONGEST_XML_TEXT - 1)).text).toHaveLength(LONGEST_XML_TEXT - 1);
    expect(xmlTree(text(LONGEST_XML_TEXT)).text).toHaveLength(LONGEST_XML_TEXT);
    expect(refusal(() => xmlTree(text(LONGEST_XML_TEXT + 1)))?.reason).toContain('longer than 4194304');
  });

  it.each([
    ['tag', '<a b="', ''],
    ['comment', '<!--', ''],
    ['document type', '<!DOCTYPE ', ''],
    ['text in pieces', '<a>', '<![CDATA[y]]>'],
  ])('refuses an endless %s before it holds it', (_what, begin, between) => {
    let given = 0;
    const source = {
      *chunks(): Generator<string> {
        yield begin;
        for (;;) {
          given += 65_536;
          yield 'x'.repeat(65_536) + between;
        }
      },
    };

    expect(refusal(() => [...xml(source)])?.reason).toContain('longer than');
    expect(given).toBeLessThan(LONGEST_XML_TEXT + 3 * 65_536);
  });
});

describe('xmlElements()', () => {
  it('gives outermost elements of the names', () => {
    const found = [...xmlElements('<r><a><a/></a><x><b/></x></r>', ['a', 'b'])];

    expect(found).toMatchObject([
      { name: 'a', children: [{ name: 'a' }] },
      { name: 'b', children: [] },
    ]);
  });
});

describe('xmlTree()', () => {
  it('refuses an element more than one tree holds', () => {
    const of = (count: number): string => `<r>${'<a/>'.repeat(count - 1)}</r>`;

    expect(xmlTree(of(LARGEST_XML_TREE)).children).toHaveLength(LARGEST_XML_TREE - 1);
    expect(refusal(() => xmlTree(of(LARGEST_XML_TREE + 1)))).toMatchObject({
      reason: expect.stringContaining('too large'),
    });
  });

  it('refuses a character more than one tree holds', () => {
    const of = (length: number): string => `<r>${text(length / 2)}${text(length / 2)}</r>`;

    expect(xmlTree(of(LONGEST_XML_TREE)).children).toHaveLength(2);
    expect(refusal(() => xmlTree(`<r>z${of(LONGEST_XML_TREE).slice(3)}`))?.reason).toContain('too large');
  });
});
