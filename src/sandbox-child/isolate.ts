// The only file that touches isolated-vm: loads it by path and narrows it to what the runner uses.

import process from 'node:process';
import type ivm from 'isolated-vm';

/** One V8 isolate with a memory limit; it serves one converter. */
export type Isolate = ivm.Isolate;
/** A realm inside an isolate; it serves one job. */
export type Context = ivm.Context;
/** A module of one context. */
export type Module = ivm.Module;
/** A script of one isolate, compiled once, run in each of its contexts. */
export type Script = ivm.Script;
/** A value inside an isolate. Invariant: it never reaches the guest as such, only dereferenced. */
export type GuestValue = ivm.Reference<unknown>;

type GuestFunction = ivm.Reference<(...parts: never[]) => unknown>;
type HostFunction = (...parts: unknown[]) => string | number;

const MIB = 1024 ** 2;

/** What the runner does with isolated-vm. */
export type Engine = {
  readonly makeIsolate: (heapBytes: number) => Isolate;
};

/** What may be given to a function inside: primitives, host functions, and values of the same isolate. */
export type GuestArgument =
  | string
  | number
  | boolean
  | { readonly callback: HostFunction }
  | { readonly value: GuestValue };

let addon: typeof ivm | null = null;

function loaded(): typeof ivm {
  if (addon === null) throw new Error('Cannot use isolated-vm: it is not loaded');
  return addon;
}

/**
 * Load isolated-vm.
 *
 * By path: the package's own loader obeys variables of the environment. The daemon has checked the version.
 *
 * @param addonPath - The `.node` file.
 */
export function loadEngine(addonPath: string): Engine {
  const target: { exports: { ivm?: typeof ivm } } = { exports: {} };
  process.dlopen(target, addonPath);
  addon = target.exports.ivm ?? null;
  const { Isolate } = loaded();
  return { makeIsolate: (heapBytes) => new Isolate({ memoryLimit: Math.max(8, Math.floor(heapBytes / MIB)) }) };
}

/**
 * Read a global of a context and take it off its global object.
 *
 * @param context - A context.
 * @param name - Name of the global.
 */
export function takeGlobal(context: Context, name: string): GuestValue {
  // The reference to the global object is the context's own and goes with it.
  const value = context.global.getSync(name, { reference: true });
  context.global.deleteSync(name);
  return value;
}

/**
 * Read a property as a reference.
 *
 * @param holder - An object inside; getters and proxies make this throw.
 * @param name - Its property.
 */
export function property(holder: GuestValue, name: string): GuestValue {
  const typed = holder as ivm.Reference<Record<string, unknown>>;
  return typed.getSync(name, { reference: true });
}

/**
 * Call a function inside an isolate, on this thread.
 *
 * @param target - A function inside.
 * @param parts - Its arguments.
 * @param options - `timeoutMs`: V8 is interrupted then, if it can be.
 * @returns What it returned if that is a string, else `''`.
 */
export function callGuest(
  target: GuestValue,
  parts: readonly GuestArgument[],
  options: { readonly timeoutMs: number },
): string {
  const { Callback } = loaded();
  const given = parts.map((part) => {
    if (typeof part !== 'object') return part;
    return 'callback' in part ? new Callback(part.callback, { sync: true }) : part.value.derefInto();
  });
  const returned: unknown = (target as GuestFunction).applySync(undefined, given as never[], {
    timeout: Math.max(1, Math.ceil(options.timeoutMs)),
  });
  return typeof returned === 'string' ? returned : '';
}
