// Takes away what a converter must not have: constructors of code, shared and weak memory, resizable buffers.

const { construct, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;

const REMOVED = ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry', 'Intl', 'console'];
const REMOVED_FROM_BUFFERS = ['resize', 'transfer', 'transferToFixedLength', 'resizable', 'maxByteLength', 'detached'];
const STACK_FRAMES = 20;

function define(target: object, name: PropertyKey, value: unknown): void {
  defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
}

function makeRefusing(name: string, prototype: object): unknown {
  const refusing = function (): never {
    throw new TypeError(`Cannot make code from text: ${name} is not available in a converter`);
  };
  defineProperty(refusing, 'name', { value: name });
  defineProperty(refusing, 'prototype', { value: prototype, writable: false });
  return refusing;
}

function removeCodeConstructors(): void {
  define(globalThis, 'eval', (): never => {
    throw new TypeError('Cannot make code from text: eval is not available in a converter');
  });
  const prototypes = {
    Function: getPrototypeOf(function () {}),
    AsyncFunction: getPrototypeOf(async function () {}),
    GeneratorFunction: getPrototypeOf(function* () {}),
    AsyncGeneratorFunction: getPrototypeOf(async function* () {}),
  };
  for (const [name, prototype] of Object.entries(prototypes)) {
    if (prototype !== null) define(prototype, 'constructor', makeRefusing(name, prototype));
  }
  define(globalThis, 'Function', prototypes.Function?.constructor);
}

function replaceArrayBuffer(): void {
  const Native = ArrayBuffer;
  const fixed = function (length: number): object {
    if (new.target === undefined) throw new TypeError("Constructor ArrayBuffer requires 'new'");
    // Only the length: an options argument could ask for a buffer that grows.
    return construct(Native, [length], new.target);
  };
  defineProperty(fixed, 'name', { value: 'ArrayBuffer' });
  defineProperty(fixed, 'prototype', { value: Native.prototype, writable: false });
  define(fixed, 'isView', getOwnPropertyDescriptor(Native, 'isView')?.value);
  defineProperty(fixed, Symbol.species, { get: () => fixed, configurable: true });
  define(Native.prototype, 'constructor', fixed);
  for (const name of REMOVED_FROM_BUFFERS) deleteProperty(Native.prototype, name);
  define(globalThis, 'ArrayBuffer', fixed);
}

/** Clean the global object and the constructors behind it. Order: before any other code of the context. */
export function cleanRealm(): void {
  for (const name of REMOVED) deleteProperty(globalThis, name);
  removeCodeConstructors();
  replaceArrayBuffer();
  defineProperty(Error, 'stackTraceLimit', { value: STACK_FRAMES, writable: false, configurable: false });
  defineProperty(Error, 'prepareStackTrace', { value: undefined, writable: false, configurable: false });
}
