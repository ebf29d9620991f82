// What the topics of the command line share: choosing a command, and the options of every list.

import { type Command as Commander, Option } from 'commander';
import { parseLimit } from '../argument-values.ts';
import type { Command } from '../context.ts';

/** Commands are loaded when they are chosen: `status` must not wait for the daemon's modules. */
export type Choose = <Arguments>(load: () => Promise<Command<Arguments>>, input: Arguments) => void;

/** A list's options as commander gives them. */
export type ListOptions = { readonly limit: number; readonly cursor?: string; readonly state?: string };

/**
 * Add the options of a list; commander refuses a state that is not among the names.
 *
 * @param command - The list.
 * @param states - Names that `--state` takes.
 */
export function addList(command: Commander, states: readonly string[]): Commander {
  return command
    .option('--limit <n>', 'how many, at most 500', parseLimit, 100)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .addOption(new Option('--state <state>', 'only those in this state').choices(states));
}

/**
 * A list's options as its command takes them.
 *
 * @param states - Names that `--state` takes.
 * @param options - From commander.
 */
export function toList<State extends string>(states: readonly State[], { limit, cursor, state }: ListOptions) {
  return { limit, cursor: cursor ?? null, state: states.find((name) => name === state) ?? null };
}
