// Steps as a tree: read, checked and walked one by one, never by recursion.

import type { z } from 'zod';
import type { ReportLimits } from './limits.ts';
import { assertWithin, Refusal } from './refusal.ts';
import { findContradiction, findLimitsProblem, rollUp } from './rules.ts';
import { type FlatStep, flatStepSchema, type Step } from './schema.ts';

/** A step while a tree is being built. */
export type GrowingStep = FlatStep & { readonly steps: GrowingStep[] };

/** A step on a walk. `depth` of the root is 1. */
export type VisitedStep<S extends Step = Step> = { readonly step: S; readonly path: string; readonly depth: number };

/**
 * Check a value by a schema.
 *
 * @param schema - Any schema without recursion.
 * @param value - Anything.
 * @param path - Where the value stands, for the message.
 * @throws {Refusal} with path and message of the first issue.
 */
export function readAs<Schema extends z.ZodType>(schema: Schema, value: unknown, path: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const below = (issue?.path ?? []).map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  throw new Refusal(
    `${`${path}${below}`.replace(/^\./, '').slice(0, 500)}: ${(issue?.message ?? 'invalid').slice(0, 500)}`,
  );
}

/**
 * Check what no schema says about extensions: their size.
 *
 * @param extensions - Checked by its schema.
 * @param path - Where they stand.
 * @throws {Refusal} over `limits.extensions`.
 */
export function assertExtensions(
  extensions: Readonly<Record<string, unknown>>,
  path: string,
  limits: ReportLimits,
): void {
  if (Object.keys(extensions).length === 0) return;
  const used = Buffer.byteLength(JSON.stringify(extensions));
  assertWithin(`${path}.extensions`, { limit: 'extensions', used, allowed: limits.extensions });
}

/** Numbers of a step's chart. */
function countPoints({ series }: Pick<FlatStep, 'series'>): number {
  if (series === null) return 0;
  return series.y.reduce((sum, curve) => sum + curve.values.length + (curve.x?.length ?? 0), series.x.values.length);
}

/**
 * Check how much a step holds.
 *
 * @param step - Its lists so far.
 * @param path - Where it stands.
 * @throws {Refusal} over `limits.measurements` or `limits.seriesPoints`.
 */
export function assertCounts(
  step: Pick<FlatStep, 'measurements' | 'series'>,
  path: string,
  limits: ReportLimits,
): void {
  const used = step.measurements.length;
  assertWithin(`${path}.measurements`, { limit: 'measurements', used, allowed: limits.measurements });
  assertWithin(`${path}.series`, { limit: 'seriesPoints', used: countPoints(step), allowed: limits.seriesPoints });
}

/**
 * Check that measurements have the limits that their operators need.
 *
 * @param measurements - Checked by their schema.
 * @param path - Where their step stands.
 * @param first - Index of the first of them within the step.
 * @throws {Refusal} naming the first that is wrong.
 */
export function assertMeasurements(measurements: FlatStep['measurements'], path: string, first = 0): void {
  for (const [index, { limits, kind }] of measurements.entries()) {
    const problem = limits === null ? null : findLimitsProblem(limits, kind);
    if (problem !== null) throw new Refusal(`${path}.measurements[${first + index}].limits: ${problem}`);
  }
}

/**
 * Check what no schema says about a step: counts, limits of its measurements, size of its extensions.
 *
 * @param step - Checked by its schema; its outcome may still be open.
 * @param path - Where it stands.
 * @throws {Refusal} naming path and reason.
 */
export function assertStep(
  step: Pick<FlatStep, 'measurements' | 'series' | 'extensions'>,
  path: string,
  limits: ReportLimits,
): void {
  assertCounts(step, path, limits);
  assertExtensions(step.extensions, path, limits);
  assertMeasurements(step.measurements, path);
}

type Pending = {
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
  readonly siblings: GrowingStep[];
};

function splitChildren(value: unknown, path: string): { own: unknown; children: readonly unknown[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { own: value, children: [] };
  const { steps = [], ...own } = value as { readonly steps?: unknown };
  if (!Array.isArray(steps)) throw new Refusal(`${path}.steps: must be a list`);
  return { own, children: steps };
}

/**
 * Read a tree of steps from outside.
 *
 * @param root - From {@link readJson}.
 * @param limits - Depth, steps, and what a step may hold.
 * @throws {Refusal} naming the step's path.
 */
export function readTree(root: unknown, limits: ReportLimits): GrowingStep {
  const top: GrowingStep[] = [];
  const stack: Pending[] = [{ value: root, path: 'root', depth: 1, siblings: top }];
  let count = 0;
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, path, depth, siblings } = next;
    count += 1;
    assertWithin(path, { limit: 'depth', used: depth, allowed: limits.depth });
    assertWithin(path, { limit: 'steps', used: count, allowed: limits.steps });
    const { own, children } = splitChildren(value, path);
    const step: GrowingStep = { ...readAs(flatStepSchema, own, path), steps: [] };
    assertStep(step, path, limits);
    siblings.push(step);
    assertWithin(`${path}.steps`, { limit: 'steps', used: count + children.length, allowed: limits.steps });
    for (let index = children.length - 1; index >= 0; index -= 1) {
      stack.push({ value: children[index], path: `${path}.steps[${index}]`, depth: depth + 1, siblings: step.steps });
    }
  }
  const [read] = top;
  if (read === undefined) throw new Refusal('root: is missing');
  return read;
}

/**
 * How many steps a tree has, its root included.
 *
 * @param root - The tree's root.
 */
export function countSteps(root: GrowingStep): number {
  const stack = [root];
  let count = 0;
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    count += 1;
    for (const step of next.steps) stack.push(step);
  }
  return count;
}

/**
 * Every step of a tree in the order of the document, parents first.
 *
 * @param root - The tree's root.
 */
export function* walk<S extends Step>(root: S & { readonly steps: readonly S[] }): Generator<VisitedStep<S>, void> {
  const stack: VisitedStep<S>[] = [{ step: root, path: 'root', depth: 1 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next;
    const { path, depth } = next;
    const children = next.step.steps as readonly S[];
    for (let index = children.length - 1; index >= 0; index -= 1) {
      const step = children[index];
      if (step !== undefined) stack.push({ step, path: `${path}.steps[${index}]`, depth: depth + 1 });
    }
  }
}

function* contradictionsOf({ step, path }: VisitedStep): Generator<string, void> {
  for (const [index, measurement] of step.measurements.entries()) {
    const contradiction = findContradiction(measurement);
    if (contradiction !== null) yield `${path}.measurements[${index}]: ${contradiction}`;
  }
  if (step.outcome !== 'passed') return;
  const said = rollUp(step.measurements.map((measurement) => measurement.outcome));
  if (said === 'failed' || said === 'error' || said === 'terminated') {
    yield `${path}: outcome passed contradicts its measurements, which say ${said}`;
  }
}

/** Contradictions of a tree: the first ones in words, with the step's path, and how many there are beyond them. */
export type Contradictions = { readonly warnings: readonly string[]; readonly more: number };

/**
 * Number the steps where none has a number, and say what contradicts itself.
 *
 * @param root - Changed in place: `id`.
 * @param most - Warnings that are kept; a large report has a million contradictions, which are only counted.
 */
export function settleSteps(root: GrowingStep, most: number): Contradictions {
  const visited = [...walk(root)];
  const hasIds = visited.some(({ step }) => step.id !== null);
  if (!hasIds) for (const [index, { step }] of visited.entries()) step.id = index;
  const warnings: string[] = [];
  let more = 0;
  for (const visit of visited) {
    for (const warning of contradictionsOf(visit)) {
      if (warnings.length < most) warnings.push(warning);
      else more += 1;
    }
  }
  return { warnings, more };
}
