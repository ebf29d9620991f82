// Properties of suites as notes of the report: those that are the same everywhere once.

import type { ReportBuilder, XmlElement } from 'airlock/converter';
import { cut, LONGEST_MESSAGE } from './limits.ts';

/** Most notes of one report. */
const MOST_NOTES = 1_000;

/** Notes that were written. */
export type Notes = {
  /**
   * @param list - `properties`.
   * @param suite - Name of the suite that has them.
   */
  readonly add: (list: XmlElement, suite: string) => void;
  readonly addOne: (name: string, text: string, suite: string) => void;
};

/**
 * Notes of one report.
 *
 * @param report - Takes them.
 * @param warn - Told what is left out.
 */
export function makeNotes(report: ReportBuilder, warn: (warning: string) => void): Notes {
  const known = new Map<string, string>();
  const addOne = (name: string, text: string, suite: string): void => {
    if (name === '' || known.get(name) === text) return;
    const own = known.has(name) ? `${suite}: ${name}` : name;
    if (known.size >= MOST_NOTES) return warn(`properties: over ${MOST_NOTES}, the others are left out`);
    known.set(own, text);
    const short = cut(text, LONGEST_MESSAGE, () => warn(`properties: "${name.slice(0, 100)}" was cut`));
    report.misc({ name: own.slice(0, 8_192), text: short });
  };
  return {
    addOne,
    add: ({ children }, suite) => {
      for (const { name, attributes, text } of children) {
        if (name === 'property') addOne(attributes['name'] ?? '', attributes['value'] ?? text.trim(), suite);
      }
    },
  };
}
