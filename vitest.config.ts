import { defineConfig } from 'vitest/config';

const quick = (name: string) => ({ test: { name, include: [`tests/${name}/**/*.test.ts`], testTimeout: 15_000 } });
const slow = (name: string) => ({
  test: { name, include: [`tests/${name}/**/*.test.ts`], testTimeout: 60_000, hookTimeout: 60_000 },
});

/** Projects by what a test touches: `npm run test:fast` is the first four, `npm test` is all of them. */
export default defineConfig({
  test: {
    projects: [
      quick('unit'),
      quick('property'),
      { test: { name: 'architecture', include: ['tests/architecture/**/*.test.ts'], testTimeout: 60_000 } },
      quick('pins'),
      slow('integration'),
      slow('e2e'),
      slow('attacks'),
    ],
    restoreMocks: true,
    // Most of the time a test waits for a process of its own: one more than the cores of a small machine keeps them busy.
    maxWorkers: 3,
    coverage: { provider: 'v8', include: ['src/**'] },
  },
});
