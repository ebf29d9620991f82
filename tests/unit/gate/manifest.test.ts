import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../src/gate/manifest.ts';

function read(manifest: object, folder = 'acme') {
  return parseManifest(JSON.stringify({ name: 'acme', version: '1.0.0', ...manifest }), folder);
}

function faultsOf(manifest: object): readonly string[] {
  const reading = read(manifest);
  return reading.kind === 'refused' ? reading.findings.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe('parseManifest()', () => {
  it('fills in defaults', () => {
    expect(read({})).toEqual({
      kind: 'read',
      manifest: {
        name: 'acme',
        version: '1.0.0',
        entry: 'converter.ts',
        match: { extensions: [], names: [], headContains: [] },
        input: 'text',
        encoding: 'auto',
        companions: [],
        arguments: {},
        limits: {},
      },
    });
  });

  it('wants the name of the folder', () => {
    expect(read({}, 'other')).toMatchObject({ kind: 'refused', findings: [{ code: 'manifest', path: 'name' }] });
  });

  it('says that comments are not JSON', () => {
    expect(parseManifest('{ // hello\n}', 'acme')).toMatchObject({
      findings: [{ code: 'manifest', file: 'converter.json', suggestion: expect.stringContaining('comments') }],
    });
  });

  it.each([
    [{ name: '../evil' }, 'name'],
    [{ name: `a${'b'.repeat(64)}` }, 'name'],
    [{ version: '1.0' }, 'version'],
    [{ entry: '../x.ts' }, 'entry'],
    [{ unknown: 1 }, ''],
    [{ match: { extensions: ['csv'] } }, 'match.extensions.0'],
    [{ match: { maxBytes: '20' } }, 'match.maxBytes'],
    [{ encoding: 'utf-7' }, 'encoding'],
    [{ arguments: { a: { type: 'enum' } } }, 'arguments.a.values'],
    [{ arguments: { a: { type: 'string', values: ['x'] } } }, 'arguments.a.values'],
    [{ arguments: { a: { type: 'integer', default: 1.5 } } }, 'arguments.a.default'],
    [{ arguments: { 'a.b': { type: 'integer' } } }, 'arguments.a.b'],
  ])('refuses %j and names the key %s', (manifest, path) => {
    expect(faultsOf(manifest)[0]).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}: `));
  });

  it.each([
    [3, 0],
    [4, 0],
    [5, 1],
  ])('counts %i stars in a name pattern', (stars, faults) => {
    expect(faultsOf({ match: { names: [`x${'*'.repeat(stars)}`] } })).toHaveLength(faults);
  });

  it.each([
    [255, 0],
    [256, 0],
    [257, 1],
  ])('takes a headContains text of %i characters or refuses it', (length, faults) => {
    expect(faultsOf({ match: { headContains: ['x'.repeat(length)] } })).toHaveLength(faults);
  });

  it('drops an argument called __proto__', () => {
    const text = '{"name":"acme","version":"1.0.0","arguments":{"__proto__":{"type":"string"}}}';

    expect(parseManifest(text, 'acme')).toMatchObject({ kind: 'read', manifest: { arguments: {} } });
  });

  it('refuses a limit above its ceiling, and says where, what is allowed and the ways out', () => {
    const text =
      '{\n  "name": "acme", "version": "1.0.0",\n  "limits": { "wall": "2 min", "steps": 10, "output": "65 MiB" }\n}';
    const ceilings = { wall: 30_000, steps: 10, output: 64 * 1024 ** 2 };

    expect(parseManifest(text, 'acme', ceilings)).toEqual({
      kind: 'refused',
      findings: [
        {
          severity: 'error',
          code: 'limit-too-high',
          path: 'limits.wall',
          file: 'converter.json',
          line: 3,
          column: 23,
          message: 'asks for 2 min, and the configuration allows 30 s: a manifest can only lower a limit',
          suggestion: 'ask for 30 s or less, or let the operator set converters.settings.acme.limits.wall',
        },
        expect.objectContaining({ code: 'limit-too-high', path: 'limits.output', line: 3, column: 55 }),
      ],
    });
  });

  it.each([
    ['29 s', 'read'],
    ['30 s', 'read'],
    ['30001 ms', 'refused'],
  ])('holds a limit of %s against 30 s: %s', (wall, kind) => {
    const text = JSON.stringify({ name: 'acme', version: '1.0.0', limits: { wall } });

    expect(parseManifest(text, 'acme', { wall: 30_000 })).toMatchObject({ kind });
  });

  it('says where in the file a wrong value stands', () => {
    const text = '{ "name": "acme",\n  "version": "1.0.0",\n  "match": { "extensions": [".a",\n "b"] } }';

    expect(parseManifest(text, 'acme')).toMatchObject({
      findings: [{ code: 'manifest', path: 'match.extensions.1', line: 4, column: 2 }],
    });
  });

  it('has no place for what lies too deep to be looked for', () => {
    const text = `{ "name": "acme", "version": "1.0.0", "deep": ${'['.repeat(30_000)}${']'.repeat(30_000)} }`;

    expect(parseManifest(text, 'acme')).toMatchObject({ kind: 'refused', findings: [{ line: null, column: null }] });
  });
});
