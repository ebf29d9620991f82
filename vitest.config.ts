import { defineConfig } from 'vitest/config';

/**
 * Projects by what a test touches: `npm run test:fast` is the first four, `npm test` is all of them.
 *
 * The times are bounds for a test that hangs, not for one on a busy machine. `isolate` only where tests measure or lock their own
 * process: a fresh process for each file costs more than most files.
 */
export default defineConfig(({ mode }) => {
  // `npm run test:long`: the same tests, with as many rounds as a night has room for.
  const env = { AIRLOCK_LONG_TESTS: mode === 'long' ? '1' : '' };
  const timeoutMs = mode === 'long' ? 900_000 : 120_000;
  const project = (name: string, { isolate }: { readonly isolate: boolean }) => ({
    test: {
      name,
      include: [`tests/${name}/**/*.test.ts`],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      restoreMocks: true,
      expect: { poll: { timeout: 60_000 } },
      isolate,
      env,
    },
  });
  return {
    test: {
      projects: [
        project('unit', { isolate: false }),
        project('property', { isolate: false }),
        project('architecture', { isolate: false }),
        project('pins', { isolate: false }),
        project('integration', { isolate: true }),
        project('e2e', { isolate: false }),
        project('attacks', { isolate: true }),
      ],
      // Most of the time a test waits for a process of its own: one more than the cores of a small machine keeps them busy.
      maxWorkers: 3,
      coverage: { provider: 'v8' as const, include: ['src/**'] },
    },
  };
});
