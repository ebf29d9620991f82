// From the steps of a conversion, in the order they came, to the tree of a report.

import type { OpenStep } from './records.ts';
import { Refusal } from './refusal.ts';
import { rollUp, type StepOutcome } from './rules.ts';
import type { Attachment, FlatStep } from './schema.ts';
import type { GrowingStep } from './tree.ts';

/** A step as it came: its parent is the index of an earlier one (the root, index 0, is its own). */
export type StepNode = {
  readonly step: OpenStep;
  readonly parent: number;
  /** Of the root: 1. */
  readonly depth: number;
  readonly attachments: Attachment[];
};

function outcomesBelow(nodes: readonly StepNode[]): readonly StepOutcome[] {
  const parts = nodes.map(({ step }) => step.measurements.map((measurement) => measurement.outcome));
  const outcomes: StepOutcome[] = [];
  // Order: children come after their parent, so that going backwards each step's parts are complete before it.
  for (let id = nodes.length - 1; id >= 0; id -= 1) {
    const node = nodes[id];
    const outcome = node?.step.outcome ?? rollUp(parts[id] ?? []);
    outcomes[id] = outcome;
    if (node !== undefined && id > 0) parts[node.parent]?.push(outcome);
  }
  return outcomes;
}

/**
 * Build the tree. An outcome that is still open follows from measurements and children.
 *
 * @param nodes - Root first, each after its parent.
 * @throws {Refusal} without a root.
 */
export function growTree(nodes: readonly StepNode[]): GrowingStep {
  const outcomes = outcomesBelow(nodes);
  const grown = nodes.map(({ step, attachments }, id): GrowingStep => {
    const flat: FlatStep = { ...step, outcome: outcomes[id] ?? 'done', attachments };
    return { ...flat, steps: [] };
  });
  for (const [id, step] of grown.entries()) if (id > 0) grown[nodes[id]?.parent ?? 0]?.steps.push(step);
  const [root] = grown;
  if (root === undefined) throw new Refusal('report: has no root');
  return root;
}
