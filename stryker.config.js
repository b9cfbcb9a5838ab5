/**
 * Changes the sources in small ways and sees whether a test fails: `pnpm mutants`, or for a part of them
 * `pnpm mutants --mutate "packages/timeout/src/*.ts"`. What survives on purpose is listed in `mutants.md`.
 */
export default {
  mutate: ["packages/*/src/**/*.ts"],
  // Found by name, it would not be by way of pnpm's links.
  plugins: ["@stryker-mutator/vitest-runner"],
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutants.config.ts" },
  packageManager: "pnpm",
  // What runs as a module is loaded is activated too late with vitest 4, and seems to survive. Where tests run it as well, it is tested.
  ignoreStatic: true,
  concurrency: 1,
  reporters: ["clear-text", "progress-append-only", "json", "html"],
  // The sandbox is built from what is left, with the same `node_modules`.
  ignorePatterns: ["**/dist", "**/bundle", "**/reports", "**/.turbo"],
  tempDirName: "reports/stryker",
  timeoutMS: 30_000,
  // What survives on purpose is a few in a hundred, and up to one in four where a file is short.
  thresholds: { high: 95, low: 90, break: 75 },
};
