// What a test wrote, and the files it names: as text where it is short, as attachments where it is long.

import type { AttachmentInput, XmlElement } from 'airlock/converter';
import { LONGEST_OUTPUT, MOST_OUTPUTS, MOST_PATHS } from './limits.ts';
import { readAttribute } from './words.ts';

/** Counts attachments over the whole report. */
export type OutputBudget = { outputs: number; paths: number; readonly warn: (warning: string) => void };

/** What a step says, and what is kept beside it. */
export type Outputs = { readonly texts: readonly string[]; readonly attachments: readonly AttachmentInput[] };

/** Source: the Jenkins plug-in "junit-attachments". */
const NAMED_PATH = /\[\[ATTACHMENT\|([^\]\n]{1,1000})\]\]/g;

function toFile(kind: string, text: string, budget: OutputBudget): AttachmentInput | null {
  if (budget.outputs >= MOST_OUTPUTS) {
    budget.warn(`attachments: over ${MOST_OUTPUTS} outputs, the others are left out`);
    return null;
  }
  budget.outputs += 1;
  return { name: `${kind}.txt`, mediaType: 'text/plain', text };
}

function toPath(path: string, budget: OutputBudget): readonly AttachmentInput[] {
  const name = path.split(/[\\/]/).at(-1)?.slice(0, 256) ?? '';
  if (name === '') return [];
  if (budget.paths >= MOST_PATHS) {
    budget.warn(`attachments: over ${MOST_PATHS} files are named, the others are left out`);
    return [];
  }
  budget.paths += 1;
  return [{ name, path }];
}

function namedPaths(text: string, budget: OutputBudget): readonly AttachmentInput[] {
  return [...text.matchAll(NAMED_PATH)].flatMap(([, path = '']) => toPath(path.trim(), budget));
}

/** Files that properties called `attachment` name. */
export function readPaths(properties: readonly XmlElement[], budget: OutputBudget): readonly AttachmentInput[] {
  return properties
    .filter(({ attributes }) => attributes['name'] === 'attachment')
    .flatMap(({ attributes, text }) => toPath(readAttribute(attributes, 'value') ?? text.trim(), budget));
}

/**
 * One `system-out` or `system-err`, always as a file: for suites, whose step is written already.
 *
 * @param output - The element.
 * @param budget - Of the report.
 */
export function toFiles(output: XmlElement, budget: OutputBudget): readonly AttachmentInput[] {
  const text = output.text.trim();
  if (text === '') return [];
  const file = toFile(output.name, text, budget);
  return [...(file === null ? [] : [file]), ...namedPaths(text, budget)];
}

/**
 * All `system-out` and `system-err` of a test case.
 *
 * @param children - Of the test case.
 * @param budget - Of the report.
 */
export function readOutputs(children: readonly XmlElement[], budget: OutputBudget): Outputs {
  const texts: string[] = [];
  const attachments: AttachmentInput[] = [];
  for (const output of children) {
    if (output.name !== 'system-out' && output.name !== 'system-err') continue;
    const text = output.text.trim();
    if (text.length > LONGEST_OUTPUT) attachments.push(...toFiles(output, budget));
    else if (text !== '') {
      texts.push(`[${output.name}]\n${text}`);
      attachments.push(...namedPaths(text, budget));
    }
  }
  return { texts, attachments };
}
