import { resolve } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

// For Stryker: its runner keeps all tests in one worker thread, which cannot receive signals, and cannot pass a mutant on to a child process.
const conditions = ["@selvage/source"];
// It mutates a copy of the repository, whose `node_modules` link to the original: by their names, packages would import sources without mutants.
const alias = [
  { find: /^@selvage\/test-support\/([a-z-]+)$/, replacement: resolve("apps/test-support/src/$1.ts") },
  { find: /^@selvage\/([a-z-]+)$/, replacement: resolve("packages/$1/src/index.ts") },
  { find: /^@selvage\/([a-z-]+)\/([a-z-]+)$/, replacement: resolve("packages/$1/src/$2.ts") },
];

export default defineConfig({
  resolve: { conditions, alias },
  ssr: { resolve: { conditions } },
  test: {
    setupFiles: ["vitest.setup.ts"],
    testTimeout: 120_000,
    include: ["packages/*/test/**/*.test.ts"],
    exclude: [
      ...configDefaults.exclude,
      "packages/*/test/**/{*memory,keep-alive,process,timers,runtimes}.test.ts",
      "packages/runner/test/{exit,listeners,main-run,run,signals,uncaught}.test.ts",
      "packages/supervisor/test/create-task.test.ts",
      "packages/subprocess/test/**", // processes, signals and the listeners of this process
    ],
  },
});
