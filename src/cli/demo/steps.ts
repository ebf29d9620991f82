// The steps of the demo one after the other: drawn on a terminal, as plain lines elsewhere, unseen with --json.

import { Listr } from 'listr2';
import type { Output } from '../output.ts';

/** One step; `tell` says how far it is, in place of what it said before. */
export type Step = { readonly title: string; readonly run: (tell: (words: string) => void) => Promise<void> };

async function drawSteps(steps: readonly Step[]): Promise<void> {
  const tasks = steps.map(({ title, run }) => ({
    title,
    task: async (_context: unknown, task: { output: string }) =>
      await run((words) => {
        task.output = words;
      }),
  }));
  // Order: an interrupt is the command's to answer: it has a daemon to end and a home to remove.
  await new Listr(tasks, { concurrent: false, exitOnError: true, registerSignalListeners: false }).run();
}

/**
 * Do all of them.
 *
 * @param output - Of the command.
 * @throws whatever a step throws; those behind it are not begun.
 */
export async function runSteps(output: Pick<Output, 'isInteractive' | 'line'>, steps: readonly Step[]): Promise<void> {
  if (output.isInteractive) return await drawSteps(steps);
  for (const { title, run } of steps) {
    output.line(title);
    await run(() => undefined);
  }
}
