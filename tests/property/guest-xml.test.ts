// However a document is cut into pieces, its events are the same; whatever it is, it is read or refused.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadInput } from '../../src/guest/errors.ts';
import { xml, type XmlEvent } from '../../src/guest/xml.ts';

const name = fc.constantFrom('a', 'b:c', 'testcase', 'é', 'Prop');
const words = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((text) => text.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '\r\n'));
const escaped = words.map((text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&#62;'));
const attribute = fc.tuple(name, escaped).map(([key, text]) => ` ${key}="${text.replace(/"/g, '&quot;')}"`);

const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  element: fc
    .tuple(name, fc.option(attribute), fc.array(tie('content'), { maxLength: 4 }))
    .map(([tag, given, children]) => `<${tag}${given ?? ''}>${children.join('')}</${tag}>`),
  content: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    escaped,
    words.map((text) => `<![CDATA[${text.replace(/]]>/g, '')}]]>`),
    fc.constantFrom('<!-- c -->', '<?pi x?>', '&#x1F600;', '\r', '\n', '<x y=""/>'),
    tie('element'),
  ),
}));
const cuts = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 12 });

function cutAt(text: string, places: readonly number[]): readonly string[] {
  const sorted = [...new Set([0, ...places, text.length])].filter((place) => place <= text.length);
  const ordered = sorted.toSorted((one, other) => one - other);
  return ordered.map((place, index) => text.slice(place, ordered[index + 1] ?? text.length));
}

function read(pieces: readonly string[]): readonly XmlEvent[] | string {
  try {
    return [...xml({ chunks: () => pieces })];
  } catch (error) {
    const refused = BadInput.read(error);
    if (refused === null) throw error;
    return refused.reason;
  }
}

describe('xml()', () => {
  it('gives the same events however the document is cut', () => {
    fc.assert(
      fc.property(element, cuts, (document, places) => {
        const whole = read([document]);

        expect(typeof whole).not.toBe('string');
        expect(read(cutAt(document, places))).toEqual(whole);
      }),
    );
  });

  it('reads or refuses anything, and the same however it is cut', () => {
    const noise = fc.array(
      fc.oneof(
        fc.constantFrom('<a>', '</a>', '<', '&', ']]>', '<!DOCTYPE a [', '<![CDATA[', '"', '\ud800', '\0'),
        words,
      ),
      { maxLength: 12 },
    );

    fc.assert(
      fc.property(fc.tuple(element, noise), cuts, ([document, parts], places) => {
        const text = document.slice(0, places[0] ?? 0) + parts.join('') + document;
        const [whole, pieces] = [read([text]), read(cutAt(text, places))];
        // Of several things that are wrong with it, which one is named may depend on the cuts.
        if (typeof whole === 'string') expect(pieces).toBeTypeOf('string');
        else expect(pieces).toEqual(whole);
      }),
    );
  });

  it('refuses every document that is cut off before its end', () => {
    fc.assert(
      fc.property(element, fc.nat(), (document, length) => {
        expect(typeof read([document.slice(0, length % document.length)])).toBe('string');
      }),
    );
  });
});
