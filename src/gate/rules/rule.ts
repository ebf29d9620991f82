// What a rule is: one reason why a module may not run.

import type { Node } from 'acorn';
import type { FindingText } from '../finding.ts';
import type { ParsedModule } from '../parse.ts';

/** One offence: the node that shows the place (null = the whole file), and what to say. */
export type Offence = FindingText & { readonly node: Node | null };

/** A rule over one parsed module. Pure. To add a rule: write its file, add it to `list.ts`. */
export type Rule = {
  /** Stable id, shown to people and scripts. */
  readonly id: string;
  /** Default `error`: the converter does not run. */
  readonly severity?: 'warning';
  readonly check: (module: ParsedModule) => readonly Offence[];
};
