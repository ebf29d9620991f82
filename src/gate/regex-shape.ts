// The shape of a regular expression as far as it tells whether matching may take exponential time.

/** What one part of a pattern must and may match. */
type Part = { readonly isOptional: boolean; readonly isRepeated: boolean };
/** An alternative of a group while it is read. `isLoose`: a group in it repeats loosely already. */
type Open = { parts: Part[]; isAmbiguous: boolean };

const QUANTIFIER = /(?:[*+?]|\{\d+(?:,\d*)?\})\??/y;
const ATOM = /\\(?:[pPu]\{[^}]*\}|k<[^>]*>|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|c[A-Za-z]|[^])|[^]/y;
const CLASS = /\[(?:\\[^]|[^\]\\])*\]/y;
const GROUP = /\((?:\?(?:[:=!]|<[=!]|<[^>]*>|[a-z-]+:))?/y;

function readAt(expression: RegExp, pattern: string, at: number): string {
  expression.lastIndex = at;
  return expression.exec(pattern)?.[0] ?? '';
}

function toPart(quantifier: string): Part {
  const isOptional = /^(?:[*?]|\{0\b)/.test(quantifier);
  // A small fixed number of turns is no more than writing it out.
  const isRepeated = /^(?:[*+]|\{\d+,\})/.test(quantifier);
  return { isOptional, isRepeated };
}

/** Nothing that must come stands beside something that may come any number of times: its turns have no fixed ends. */
function isLoose(parts: readonly Part[]): boolean {
  const mandatory = parts.filter(({ isOptional, isRepeated }) => !isOptional && !isRepeated);
  return mandatory.length === 0 && parts.some(({ isRepeated }) => isRepeated);
}

function startGroup(stack: Open[], pattern: string, at: number): number {
  stack.push({ parts: [], isAmbiguous: false });
  return at + readAt(GROUP, pattern, at).length;
}

function startAlternative(open: Open, at: number): number {
  open.isAmbiguous ||= isLoose(open.parts);
  open.parts = [];
  return at + 1;
}

/** @returns whether the group that ends here repeats something loose. */
function endGroup(stack: Open[], part: Part): boolean {
  const open = stack.pop();
  const isAmbiguous = open !== undefined && (open.isAmbiguous || isLoose(open.parts));
  // What a group holds is as loose as the group: `((a+))+`.
  stack.at(-1)?.parts.push({ ...part, isRepeated: part.isRepeated || isAmbiguous });
  return part.isRepeated && isAmbiguous;
}

/**
 * May a pattern try the same text in exponentially many ways? True for a repeated group of which one alternative consists of
 * optional parts and at least one repeated one, as in `(a+)+`. An estimate: some slow patterns are not seen; the CPU limit holds.
 *
 * @param pattern - Source of a regular expression that the parser accepted.
 */
export function mayBacktrackForEver(pattern: string): boolean {
  const stack: Open[] = [{ parts: [], isAmbiguous: false }];
  let at = 0;
  while (at < pattern.length) {
    const open = stack.at(-1);
    if (open === undefined) return false;
    const char = pattern[at];
    if (char === '|') at = startAlternative(open, at);
    else if (char === '(') at = startGroup(stack, pattern, at);
    else {
      const atom = readAt(char === '[' ? CLASS : ATOM, pattern, at) || '.';
      const quantifier = readAt(QUANTIFIER, pattern, at + atom.length);
      if (char !== ')') open.parts.push(toPart(quantifier));
      else if (endGroup(stack, toPart(quantifier))) return true;
      at += atom.length + quantifier.length;
    }
  }
  return false;
}
