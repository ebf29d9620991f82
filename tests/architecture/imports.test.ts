import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Permission, RESERVED_NAME_PLACES, RESERVED_NAMES, ROOMS, SINGLE_IMPORTERS } from './rooms.ts';
import { type ImportEdge, readSources, roomOf, type SourceFile, withoutComments } from './sources.ts';

const sources = readSources();
const files = new Set(sources.map(({ file }) => file));

function targetOf(source: SourceFile, edge: ImportEdge): string | null {
  return edge.specifier.startsWith('.') ? path.posix.join(path.posix.dirname(source.file), edge.specifier) : null;
}

function permissionFor(room: string, target: string): Permission | undefined {
  const imports = ROOMS[room]?.imports ?? {};
  return imports[target.slice('src/'.length)] ?? imports[roomOf(target)];
}

/** Why an import breaks the table, or null. Exported rule kept pure so that the planted cases below can test it. */
function violation(source: SourceFile, edge: ImportEdge): string | null {
  const room = roomOf(source.file);
  const target = targetOf(source, edge);
  if (target !== null) {
    if (roomOf(target) === room) return null;
    const permission = permissionFor(room, target);
    if (permission === 'all' || (permission === 'types' && edge.isTypeOnly)) return null;
    // Erased before it runs: the manifest of a check and the seam of the guest are read as types by whoever needs them.
    return `${source.file} imports ${target}${permission === 'types' ? ' as more than types' : ''}: ${ROOMS[room]?.why ?? 'unknown room'}`;
  }
  if (edge.specifier.startsWith('node:'))
    return room === 'guest' ? `${source.file} imports ${edge.specifier}: the guest has no Node` : null;
  const single = Object.entries(SINGLE_IMPORTERS).find(
    ([name]) => edge.specifier === name || edge.specifier.startsWith(`${name}/`),
  );
  if (single !== undefined && single[1] !== source.file)
    return `${source.file} imports ${edge.specifier}: only ${single[1]} may`;
  const isListed =
    ROOMS[room]?.packages.some((name) => edge.specifier === name || edge.specifier.startsWith(`${name}/`)) ?? false;
  return isListed ? null : `${source.file} imports ${edge.specifier}: not among the packages of ${room}`;
}

function cycles(): readonly string[] {
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      found.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    const source = byFile.get(file);
    for (const edge of source?.imports ?? []) {
      const target = source === undefined ? null : targetOf(source, edge);
      if (target !== null && !edge.isTypeOnly && files.has(target)) visit(target, [...trail, file]);
    }
    state.set(file, 'done');
  };
  for (const { file } of sources) visit(file, []);
  return found;
}

describe('import table', () => {
  it('is held against a real number of files', () => {
    expect(sources.length).toBeGreaterThan(60);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
  });

  it('is kept by every import of every room', () => {
    const broken = sources.flatMap((source) =>
      source.imports.map((edge) => violation(source, edge)).filter((found) => found !== null),
    );

    expect(broken).toEqual([]);
  });

  it('refuses a planted import from below to above, a planted package and a planted value import where only types may pass', () => {
    const planted = (file: string, specifier: string, isTypeOnly = false): string | null =>
      violation({ file, text: '', imports: [] }, { specifier, isTypeOnly });

    expect(planted('src/core/ids.ts', '../store/open.ts')).toContain('stands on nothing');
    expect(planted('src/handlers/ping.ts', '../store/open.ts')).toContain('as more than types');
    expect(planted('src/handlers/ping.ts', '../store/types.ts', true)).toBeNull();
    expect(planted('src/server/session.ts', 'node-ipc')).toContain('only src/link/transport.ts may');
    expect(planted('src/store/open.ts', 'zod')).toContain('not among the packages');
    expect(planted('src/guest/csv.ts', 'node:fs')).toContain('no Node');
  });

  it('names only rooms that exist', () => {
    const rooms = new Set(sources.map(({ file }) => roomOf(file)));

    expect([...rooms].filter((room) => !Object.hasOwn(ROOMS, room))).toEqual([]);
  });

  it('has no cycle', () => {
    expect(cycles()).toEqual([]);
  });

  it('has no barrel but the public names and the guest', () => {
    const barrels = sources.filter(({ file }) => path.posix.basename(file) === 'index.ts').map(({ file }) => file);

    expect(barrels.filter((file) => file !== 'src/index.ts' && file !== 'src/guest/index.ts')).toEqual([]);
  });
});

describe('reserved names', () => {
  const mayUse = (file: string): boolean =>
    RESERVED_NAME_PLACES.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place)) ||
    /\/(main|worker)\.ts$/.test(file);

  it('stand only where time, chance, environment and the end of the process are owned', () => {
    const broken = sources
      .filter(({ file }) => !mayUse(file) && roomOf(file) !== 'guest')
      .flatMap(({ file, text }) =>
        RESERVED_NAMES.filter(({ pattern }) => pattern.test(withoutComments(text))).map(
          ({ name }) => `${file} uses ${name}`,
        ),
      );

    expect(broken).toEqual([]);
  });
});
