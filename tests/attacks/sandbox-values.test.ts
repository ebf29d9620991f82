import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attack, nameOf } from '../support/attack.ts';
import { body, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';

describe(`a converter with evil values (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool({ runners: 2 });
  });
  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
  });

  it.each([
    ['null', 'throw null'],
    ['undefined', 'throw undefined'],
    ['a symbol', "throw Symbol('s')"],
    ['a function', 'throw () => 1'],
    ['a getter that throws', 'throw { get message() { throw 1 } }'],
    ['a proxy that throws', 'throw new Proxy({}, { get() { throw 2 }, getPrototypeOf() { throw 3 } })'],
    [
      'an error without a stack',
      "const e = new Error('m'); Object.defineProperty(e, 'stack', { get() { throw 1 } }); throw e",
    ],
    ['a message that is an object', "throw Object.assign(new Error('m'), { message: { toString() { for (;;); } } })"],
  ])('fails when it throws %s', async (_name, text) => {
    const { outcome } = await attack(pool, body(text));

    expect(nameOf(outcome)).toBe('failed');
  });

  it.each([
    ['null', 'throw null'],
    ['undefined', 'throw undefined'],
    ['an object', 'throw { a: 1 }'],
    ['a proxy', 'throw new Proxy({}, { get() { throw 2 } })'],
    ['an error', "throw new RangeError('at the top')"],
  ])('fails when its top level throws %s', async (_name, source) => {
    const { outcome } = await attack(pool, source);

    expect(nameOf(outcome)).toBe('failed');
  });

  it.each([
    [
      'its stack cannot be read',
      "const e = new Error('m'); Object.defineProperty(e, 'stack', { get() { throw 1 } }); throw e",
      'm',
    ],
    ['it is made by hand', 'throw Object.create(Error.prototype)', ''],
  ])('fails without a stack when its top level throws an error that is none: %s', async (_name, source, message) => {
    const { outcome } = await attack(pool, source);

    expect(outcome).toMatchObject({ kind: 'failed', error: { name: 'Error', message, stack: '', file: null } });
  });

  it.each([
    ['Promise.prototype.then', 'Promise.prototype.then = () => {}'],
    ['JSON.stringify', 'JSON.stringify = () => "{}"'],
    ['Array.prototype', 'Array.prototype[Symbol.iterator] = () => {}'],
    ['Object.prototype', 'Object.prototype.then = (f) => f()'],
    ['String.prototype', "String.prototype.substring = () => 'x'"],
    ['Reflect', 'Reflect.apply = () => 1'],
    ['Function.prototype', 'Function.prototype.call = () => 1'],
    ['the exports of the library', "SkipFile.prototype.message = 'x'"],
    ['Error.prepareStackTrace', 'Error.prepareStackTrace = () => 1'],
    ['Error.stackTraceLimit', 'Error.stackTraceLimit = 1e9'],
    ['an iterator', 'Object.getPrototypeOf([][Symbol.iterator]()).next = () => 1'],
    ['a typed array', 'Object.getPrototypeOf(Int8Array).from = () => 1'],
  ])('cannot bend %s', async (_name, text) => {
    const source = `import { SkipFile } from 'airlock/converter';\n${text};\nexport default {}`;

    const { outcome } = await attack(pool, source);

    expect(outcome).toMatchObject({ kind: 'failed', error: { name: 'TypeError' } });
  });

  it('may still assign names of its own objects that frozen prototypes have', async () => {
    const text = `
      class Failure extends Error { constructor() { super('m'); this.name = 'Failure'; this.message = 'n' } }
      const plain = {}; plain.toString = () => 'text'; plain.constructor = 1;
      host.part([new Failure().name, new Failure().message, String(plain)].join())`;

    const { taken } = await attack(pool, body(text));

    expect(taken.parts).toEqual(['Failure,n,text']);
  });

  it('fails with a message that is safe to show', async () => {
    const { outcome } = await attack(pool, body("throw new Error('\\ud800\\u0000\\u202e')"));

    expect(outcome).toMatchObject({ kind: 'failed', error: { message: '\ufffd\\u0000\\u202e' } });
  });

  it('returns anything without harm', async () => {
    for (const value of ['{ then: 1 }', 'NaN', '10n', 'Symbol()', '() => 1', 'new Proxy({}, {})', 'new Date(NaN)'])
      expect(nameOf((await pool.run(body(`return ${value}`))).outcome)).toBe('converted');
  });
});
