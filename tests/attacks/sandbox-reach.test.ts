import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attack, nameOf } from '../support/attack.ts';
import { body, ROOT, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';

describe(`a converter that reaches out (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool({ runners: 2 });
  });
  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
  });

  const told = async (text: string): Promise<string> => {
    const { outcome, taken } = await pool.run(body(text), { trust: 'bundled' });
    return taken.parts[0] ?? JSON.stringify(outcome);
  };

  it.each([
    "eval('1')",
    "(0, eval)('1')",
    "globalThis['ev' + 'al']('1')",
    "Function('return 1')()",
    "new Function('return 1')()",
    "(() => {})['constr' + 'uctor']('return 1')()",
    "(async () => {}).constructor('return 1')()",
    "(function* () {}).constructor('yield 1')()",
    "(async function* () {}).constructor('yield 1')()",
    "Object.getPrototypeOf((async () => {}).constructor)('return 1')()",
    "host.part.constructor('return 1')()",
    "Reflect.construct(Function, ['return 1'])()",
    "Reflect.construct((class extends Function {}), ['return 1'])()",
    "new (class extends (async () => {}).constructor {})('1')",
    "Object.getOwnPropertyDescriptor(Function.prototype, 'constructor').get?.()('return 1')()",
    "host.pull['constructor']['constructor']('return this')()",
  ])('cannot make code from text: %s', async (text) => {
    const { outcome } = await attack(pool, body(text));

    expect(outcome).toMatchObject({ kind: 'failed', error: { name: 'TypeError' } });
  });

  it.each([
    "import('node:fs')",
    "import('./converter.ts')",
    "import('data:text/javascript,1')",
    'import(`airlock/converter`)',
  ])('cannot import at run time: %s', async (text) => {
    const { outcome } = await attack(pool, body(`return ${text}.then(() => host.part('loaded'))`));

    expect(nameOf(outcome)).toBe('failed');
  });

  it.each([
    'node:fs',
    'fs',
    'isolated-vm',
    '../../outside.ts',
    './missing.ts',
    'file:///etc/passwd',
    'data:text/javascript,1',
    '/etc/passwd',
    'airlock/other',
  ])('is refused when linked with an import of %s', async (specifier) => {
    const { outcome } = await attack(pool, `import x from ${JSON.stringify(specifier)};\nexport default {}`);

    expect(outcome).toMatchObject({ kind: 'failed', error: { name: 'ImportRefused' } });
  });

  it('imports its own files, also in folders and in circles', async () => {
    const files = {
      'lib/a.ts': "import { b } from './b.ts'; export const a = () => b() + 'a';",
      'lib/b.ts': "import { a } from '../lib/./a.ts'; export const b = () => typeof a + 'b';",
    };
    const source = `import { a } from './lib/a.ts';\n${body('host.part(a())')}`;

    expect((await pool.run(source, { files })).taken.parts).toEqual(['functionba']);
  });

  it.each([
    'WebAssembly',
    'SharedArrayBuffer',
    'Atomics',
    'WeakRef',
    'FinalizationRegistry',
    'Intl',
    'console',
    'process',
    'require',
    'module',
    'Buffer',
    'setTimeout',
    'fetch',
    'URL',
    'TextDecoder',
    'crypto',
    'performance',
    'queueMicrotask',
    'structuredClone',
    '__airlockGuest',
    '__airlockPrelude',
    '__airlockLibrary',
    'global',
    '_ivm',
    'ivm',
    'gc',
  ])('has no %s', async (name) => {
    expect(
      await told(`host.part(typeof globalThis[${JSON.stringify(name)}] + (${JSON.stringify(name)} in globalThis))`),
    ).toBe('undefinedfalse');
  });

  it('sees only names of the language on its global object', async () => {
    const names = await told('host.part(Object.getOwnPropertyNames(globalThis).sort().join(" "))');
    const mine = new Set(Object.getOwnPropertyNames(globalThis));
    const ofTheLanguage = 'Float16Array Iterator SuppressedError DisposableStack AsyncDisposableStack'.split(' ');

    expect(names.split(' ').filter((name) => !mine.has(name) && !ofTheLanguage.includes(name))).toEqual([]);
    expect(names.split(' ').length).toBeGreaterThan(40);
  });

  it('holds host functions without a way behind them', async () => {
    const text = `
      const seen = [];
      for (const name of Object.getOwnPropertyNames(host)) {
        const f = host[name];
        seen.push(name, Object.getPrototypeOf(f) === Function.prototype, Object.getOwnPropertyNames(f).sort().join('+'));
      }
      seen.push(Object.getPrototypeOf(host), Object.isFrozen(host), Object.getOwnPropertySymbols(host).length);
      host.part(seen.join())`;

    expect(await told(text)).toBe(
      'pull,true,length+name,part,true,length+name,attach,true,length+name,log,true,length+name,progress,true,length+name,,true,0',
    );
  });

  it.each([
    ['a stack', "host.part(String(new Error('x').stack))"],
    ['a stack from a callback', 'const f = () => { try { null.x } catch (e) { host.part(e.stack) } }; [1].forEach(f)'],
    ['a deep stack', 'const f = () => f(); try { f() } catch (e) { host.part(e.stack) }'],
    ['the text of host functions', 'host.part([host.pull, host.part, host.log].map(String).join())'],
    ['an error of the import', "return import('node:fs').catch((e) => { host.part(String(e && e.stack)) })"],
    ['an import.meta', 'host.part(JSON.stringify(import.meta) + Object.getOwnPropertyNames(import.meta))'],
    ['an allocation that fails', 'try { new ArrayBuffer(2 ** 40) } catch (e) { host.part(e.stack) }'],
  ])('reads no path of the machine in %s', async (_name, text) => {
    const text_ = await told(text);

    expect(text_).not.toContain(ROOT);
    expect(text_).not.toMatch(/node_modules|runner\.cjs|node:internal|\/usr\/|\/home\/|\/tmp\/|\.node\b/);
    for (const folder of readdirSync('/')) expect(text_).not.toContain(`/${folder}/`);
  });

  it('sees neither the real time nor real chance, and the same seed gives the same numbers', async () => {
    const text =
      'host.part(JSON.stringify([Date.now(), new Date().getTime(), new Date(5).getTime(), Math.random(), Math.random(), typeof Date()]))';
    const first = JSON.parse(await told(text)) as unknown[];
    const other = await pool.run(body(text), { seed: 8 });

    expect(first.slice(0, 3)).toEqual([1_700_000_000_000, 1_700_000_000_000, 5]);
    expect(JSON.parse(await told(text))).toEqual(first);
    expect(JSON.parse(other.taken.parts[0] ?? '')).not.toEqual(first);
  });

  it('finds nothing that an earlier job of its own left', async () => {
    const text =
      "host.part(String(globalThis.left)); globalThis.left = 'data'; try { Array.left = 1; Object.prototype.left = 1 } catch {}";

    expect([await told(text), await told(text)]).toEqual(['undefined', 'undefined']);
  });
});
