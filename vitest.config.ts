import { defineConfig } from 'vitest/config';

const ALL = { lines: 100 };

export default defineConfig({
  test: {
    include: ['{actions,cli,scripts,shared,test}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'build/**', 'dist/**'],
    // Tests start real servers, child processes and Python; a busy machine of two cores must not fail them.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['{actions,cli,shared}/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.d.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
      // What decides is pure, so nothing excuses a line that no test has run.
      thresholds: {
        lines: 90,
        '**/decide/**/*.ts': ALL,
        'shared/statistics/**/*.ts': ALL,
        'shared/report/**/*.ts': ALL,
      },
    },
  },
});
