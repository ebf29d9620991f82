import { describe, expect, it } from 'vitest';
import { findAddon } from '../../../src/sandbox/addon.ts';
import { loadEngine } from '../../../src/sandbox-child/isolate.ts';
import { toIsolateFailure } from '../../../src/sandbox-child/isolate-failure.ts';

const engine = loadEngine(await findAddon());

function failureOf(source: string, timeout = 200) {
  const isolate = engine.makeIsolate(32 * 1024 ** 2);
  const context = isolate.createContextSync();
  try {
    const module = isolate.compileModuleSync(source, { filename: 'converter.ts' });
    module.instantiateSync(context, () => module);
    module.evaluateSync({ timeout });
  } catch (error) {
    return toIsolateFailure(error);
  } finally {
    if (!isolate.isDisposed) isolate.dispose();
  }
  return null;
}

/** Pins: these are the texts of the installed isolated-vm. */
describe('toIsolateFailure()', () => {
  it('knows the timeout and the memory limit', () => {
    expect(failureOf('for (;;);')).toEqual({ kind: 'timeout' });
    // A busy machine takes its time to fill the heap.
    expect(failureOf('const kept = []; for (;;) kept.push(new Array(1e4).fill(1.5))', 10_000)).toEqual({
      kind: 'heap',
    });
  });

  it('keeps of a thrown error only what is the guest’s', () => {
    expect(failureOf("\nthrow new RangeError('m')")).toEqual({
      kind: 'thrown',
      name: 'RangeError',
      message: 'm',
      stack: 'RangeError: m\n    at converter.ts:2:7',
    });
  });

  it('moves the place of a syntax error from its message into a frame', () => {
    expect(failureOf('let a = 1;\nlet b = = 2;')).toEqual({
      kind: 'thrown',
      name: 'SyntaxError',
      message: "Unexpected token '='",
      stack: "SyntaxError: Unexpected token '='\n    at converter.ts:2:9",
    });
  });

  it.each([
    ['null', 'a value that is no Error was thrown: null'],
    ['undefined', 'a value that is no Error was thrown: undefined'],
    ["'text'", 'a value that is no Error was thrown: text'],
    ['{ a: 1 }', 'a value that is no Error was thrown'],
    ['Symbol()', 'a value that is no Error was thrown'],
  ])('names what is no error: throw %s', (value, message) => {
    expect(failureOf(`throw ${value}`)).toEqual({ kind: 'thrown', name: 'Error', message, stack: '' });
  });

  it('rethrows what comes neither from isolated-vm nor from the guest', () => {
    const bug = new TypeError('of the runner itself');

    expect(() => toIsolateFailure(bug)).toThrow(bug);
  });
});
