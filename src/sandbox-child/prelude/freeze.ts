// Freezes constructors, prototypes and the library, so that a converter cannot bend what the builder stands on.

const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { freeze } = Object;

/**
 * Names that old code assigns on its own objects: frozen as data on a prototype they would make such an assignment fail, so they
 * become accessors that define the name on the receiver.
 */
const OVERRIDABLE = ['constructor', 'toString', 'toLocaleString', 'valueOf', 'hasOwnProperty', 'name', 'message'];

function makeOverridable(home: object, name: string): void {
  const descriptor = getOwnPropertyDescriptor(home, name);
  if (descriptor === undefined || !('value' in descriptor) || descriptor.configurable !== true) return;
  const inherited: unknown = descriptor.value;
  defineProperty(home, name, {
    configurable: false,
    enumerable: false,
    get: () => inherited,
    set(this: object, value: unknown) {
      const own = { value, writable: true, enumerable: true, configurable: true };
      if (this === home || !defineProperty(this, name, own)) throw new TypeError(`Cannot assign ${name}: it is frozen`);
    },
  });
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

function freezeWithPrototype(value: unknown): void {
  if (!isObject(value)) return;
  freeze(value);
  const prototype: unknown = getOwnPropertyDescriptor(value, 'prototype')?.value;
  if (isObject(prototype)) freeze(prototype);
}

/** Objects that no global names: iterators, generators, the common ancestor of typed arrays. */
function hiddenIntrinsics(): readonly unknown[] {
  const iterators = [
    [][Symbol.iterator](),
    new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](),
    ''[Symbol.iterator](),
    ''.matchAll(/x/g),
    [].values().map(() => 0),
    Iterator.from({ next: () => ({ done: true, value: undefined }) }),
  ].map((iterator) => getPrototypeOf(iterator));
  const asyncGenerator = getPrototypeOf(async function* () {});
  const functions = [
    getPrototypeOf(async function () {}),
    getPrototypeOf(function* () {}),
    asyncGenerator,
    getPrototypeOf(Int8Array),
  ];
  const generators = [function* () {}, async function* () {}].map((make) => getPrototypeOf(make.prototype));
  return [...iterators, ...functions, ...generators, ...generators.map((one) => one && getPrototypeOf(one))];
}

/**
 * Freeze the realm and the library's exports.
 *
 * @param library - Exports of `airlock/converter`.
 * Order: after the library ran (it may still define), before the converter's modules.
 */
export function freezeRealm(library: object): void {
  const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError];
  const homes = [Object.prototype, Function.prototype, ...errors.map((error) => error.prototype)];
  for (const home of homes) for (const name of OVERRIDABLE) makeOverridable(home, name);

  for (const name of ownKeys(globalThis)) {
    if (name !== 'globalThis') freezeWithPrototype(getOwnPropertyDescriptor(globalThis, name)?.value);
  }
  for (const intrinsic of hiddenIntrinsics()) freezeWithPrototype(intrinsic);
  for (const name of ownKeys(library)) freezeWithPrototype(getOwnPropertyDescriptor(library, name)?.value);
  freeze(library);
}
