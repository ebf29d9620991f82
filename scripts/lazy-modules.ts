// Guest modules that begin when a converter first calls them, so that those who do not use them pay nothing for each context.

import path from 'node:path';
import type { Plugin } from 'esbuild';

const NAMESPACE = 'lazy';

/**
 * Modules of the guest library on large packages, and the functions they export.
 * Source: measured in a sealed runner, begun at once they take 14 ms of every context, the rest of the library 0.6 ms.
 */
const LAZY: Readonly<Record<string, readonly string[]>> = {
  './gunzip.ts': ['gunzip'],
  './unzip.ts': ['unzip'],
  './xml.ts': ['xml', 'xmlElements', 'xmlTree'],
};

/** Is this input of a build one of the stubs that {@link lazyModules} makes up, no file? */
export function isLazyStub(input: string): boolean {
  return input.startsWith(`${NAMESPACE}:`);
}

/** Puts stubs between the library's index and its lazy modules: each function loads its module and calls it. */
export function lazyModules(): Plugin {
  return {
    name: 'lazy-modules',
    setup: (build) => {
      build.onResolve({ filter: /^\.\/[a-z]+\.ts$/ }, ({ path: specifier, importer, resolveDir }) => {
        const isLazy = path.basename(importer) === 'index.ts' && Object.hasOwn(LAZY, specifier);
        // The specifier as it is: a path of this machine must not reach the bundle.
        return isLazy ? { path: specifier, namespace: NAMESPACE, pluginData: resolveDir } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path: specifier, pluginData }) => {
        const names = LAZY[specifier] ?? [];
        const lines = names.map(
          (name) => `export const ${name} = (...given) => require('${specifier}').${name}(...given);`,
        );
        return { contents: lines.join('\n'), resolveDir: String(pluginData), loader: 'js' };
      });
    },
  };
}
