// The modules of one converter, linked: its own files and `airlock/converter`, nothing else.

import type { LoadMessage } from '../sandbox/channel.ts';
import { callGuest, type GuestValue, type Isolate, type Module } from './isolate.ts';
import { OWN_CODE_MS, type Realm } from './realm.ts';

/** The one module that is no file of the converter. */
const LIBRARY = 'airlock/converter';
const LIBRARY_NAME = 'airlock:converter';

/** An import that is no file of the converter and not the library. */
export class LinkRefusal extends Error {
  override readonly name = 'ImportRefused';
}

const isPlain = (name: string): boolean => /^[A-Za-z_$][\w$]*$/.test(name);

/** A module of ours that hands out the library's exports; they are on the global object only while it runs. */
function librarySource(names: readonly string[]): string {
  const lines = names.filter(isPlain).flatMap((name, index) => {
    const local = `export_${index}`;
    return [`const ${local} = library[${JSON.stringify(name)}];`, `export { ${local} as ${name} };`];
  });
  return ['const library = globalThis.__airlockLibrary;', ...lines].join('\n');
}

function loadLibrary(isolate: Isolate, realm: Realm): Module {
  const module = realm.keep(isolate.compileModuleSync(librarySource(realm.exportNames), { filename: LIBRARY_NAME }));
  module.instantiateSync(realm.context, () => {
    throw new LinkRefusal('the library imports nothing');
  });
  callGuest(realm.expose, [true], { timeoutMs: OWN_CODE_MS });
  module.evaluateSync({ timeout: OWN_CODE_MS });
  callGuest(realm.expose, [false], { timeoutMs: OWN_CODE_MS });
  return module;
}

/**
 * Resolve an import inside a converter.
 *
 * @param specifier - As written.
 * @param from - Path of the importing file, relative to the converter's folder, with `/`.
 * @returns The path of the file it means, as the gate reads it, or null when it leaves the folder or is no relative path.
 */
export function resolveSpecifier(specifier: string, from: string): string | null {
  if (!specifier.startsWith('./') && !specifier.startsWith('../')) return null;
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..' && parts.pop() === undefined) return null;
    if (part !== '..' && part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** A converter whose modules are linked and not yet evaluated. */
export type LinkedConverter = {
  /** Run the top level of all modules and give the default export. */
  readonly evaluate: (options: { readonly timeoutMs: number }) => GuestValue;
};

/**
 * Compile and link a converter in a prepared realm.
 *
 * @param target - Isolate and one of its realms.
 * @param load - The converter's files.
 * @throws {LinkRefusal} for an import of anything else.
 * @throws what isolated-vm throws for wrong syntax.
 */
export function linkConverter(
  target: { readonly isolate: Isolate; readonly realm: Realm },
  load: Pick<LoadMessage, 'entry' | 'files'>,
): LinkedConverter {
  const { isolate, realm } = target;
  const files = new Map(Object.entries(load.files));
  const modules = new Map<string, Module>();
  const paths = new Map<Module, string>();

  function compile(path: string): Module {
    const known = modules.get(path);
    if (known !== undefined) return known;
    const source = files.get(path);
    if (source === undefined) throw new LinkRefusal(`there is no file ${path}`);
    const module = realm.keep(isolate.compileModuleSync(source, { filename: path }));
    modules.set(path, module);
    paths.set(module, path);
    return module;
  }

  function resolve(specifier: string, referrer: Module): Module {
    if (specifier === LIBRARY) {
      const library = modules.get(LIBRARY) ?? loadLibrary(isolate, realm);
      modules.set(LIBRARY, library);
      return library;
    }
    const path = resolveSpecifier(specifier, paths.get(referrer) ?? '');
    if (path === null) throw new LinkRefusal(`Cannot import ${specifier}: not a file of this converter`);
    if (!files.has(path)) throw new LinkRefusal(`Cannot import ${specifier}: this converter has no such file`);
    return compile(path);
  }

  const entry = compile(load.entry);
  entry.instantiateSync(realm.context, resolve);
  return {
    evaluate: ({ timeoutMs }) => {
      entry.evaluateSync({ timeout: Math.max(1, Math.ceil(timeoutMs)) });
      // The namespace is the module's own and goes with it.
      return realm.keep(entry.namespace.getSync('default', { reference: true }));
    },
  };
}
