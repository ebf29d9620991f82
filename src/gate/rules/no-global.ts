// Rule no-global: a converter works with its arguments and the language, not with what a host may offer.

import { alternativeToGlobal } from '../alternatives.ts';
import type { PlacedNode } from '../parse.ts';
import { listGlobals } from '../scopes.ts';
import type { Offence, Rule } from './rule.ts';

/** Names that Node, browsers and other hosts give, and those of the language that the realm takes away. Source: sandbox.md 4 and 7. */
const FORBIDDEN: ReadonlySet<string> = new Set(
  [
    'eval Function WebAssembly SharedArrayBuffer Atomics WeakRef FinalizationRegistry Intl',
    'require module exports __dirname __filename process Buffer global console',
    'setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask',
    'fetch Request Response Headers FormData XMLHttpRequest WebSocket EventSource BroadcastChannel',
    'TextDecoder TextEncoder URL URLSearchParams Blob File FileReader atob btoa',
    'crypto performance structuredClone MessageChannel MessagePort Worker SharedWorker importScripts',
    'AbortController AbortSignal EventTarget Event DOMParser XMLSerializer',
    'window self document navigator location localStorage sessionStorage indexedDB alert',
    'Deno Bun',
  ].flatMap((line) => line.split(' ')),
);

/** `globalThis.process` or `globalThis["process"]`: the forbidden name, or null. */
function readThroughGlobal({ parent, field }: PlacedNode): string | null {
  if (parent?.node.type !== 'MemberExpression' || field !== 'object') return null;
  const { property, computed } = parent.node;
  const name = computed
    ? property.type === 'Literal'
      ? property.value
      : null
    : 'name' in property
      ? property.name
      : null;
  return typeof name === 'string' && FORBIDDEN.has(name) ? name : null;
}

/** `typeof process` reads nothing: libraries ask so what they run in. */
const isAsked = ({ parent }: PlacedNode): boolean =>
  parent?.node.type === 'UnaryExpression' && parent.node.operator === 'typeof';

function toOffences(name: string, placed: PlacedNode): readonly Offence[] {
  const forbidden = name === 'globalThis' ? readThroughGlobal(placed) : FORBIDDEN.has(name) ? name : null;
  if (forbidden === null || isAsked(placed)) return [];
  const message = `${forbidden} cannot be used: a converter runs without it`;
  return [{ node: placed.node, message, hint: alternativeToGlobal(forbidden) }];
}

/** Refuses globals of Node, browsers and of the language's dangerous half; a parameter of the same name is fine. */
export const noGlobal: Rule = {
  id: 'no-global',
  check: (module) => listGlobals(module).flatMap(({ name, placed }) => toOffences(name, placed)),
};
