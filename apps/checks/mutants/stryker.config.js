/**
 * Changes the sources in small ways and sees whether a test fails: `pnpm mutants`, or for a part of them
 * `pnpm mutants --mutate "packages/timeout/src/*.ts"`. All paths are relative to the root. The README lists the mutants that no test can notice.
 */
export default {
  mutate: ["packages/*/src/**/*.ts"],
  // Named, because Stryker does not find it through pnpm's links.
  plugins: ["@stryker-mutator/vitest-runner"],
  testRunner: "vitest",
  vitest: { configFile: "apps/checks/mutants/vitest.config.js" },
  packageManager: "pnpm",
  // With vitest 4, a mutant in code that runs while its module loads is activated too late, and seems to survive. Such code is mutated only where
  // tests run it again.
  ignoreStatic: true,
  concurrency: 1,
  reporters: ["clear-text", "progress-append-only", "json", "html"],
  // The sandbox is a copy of everything else, with the same `node_modules`.
  ignorePatterns: ["**/dist", "**/bundle", "**/reports", "**/.turbo"],
  tempDirName: "reports/stryker",
  timeoutMS: 30_000,
  dryRunTimeoutMinutes: 30,
  // A few mutants in a hundred cannot be noticed; in a short file, up to one in four. In CI the score of a slice says little: it is only printed.
  thresholds: { high: 95, low: 90, break: process.env["CI"] === undefined ? 75 : null },
};
