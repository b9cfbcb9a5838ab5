import { resolve } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

// The packages' own TypeScript sources, so that tests need no build.
const conditions = ["@selvage/source"];
// These look at what was built, as users get it.
const onBuilt = [
  "apps/benchmarks/test/{contestants,main}.test.ts",
  "apps/checks/test/**/*.test.ts",
  "apps/conformance/test/contract.test.ts",
  "apps/examples/test/main.test.ts",
  "apps/examples/test/programs/{ambient,run}.test.ts",
  "apps/examples/test/table/{documents,index,run-probes}.test.ts",
];
// Many small files that touch nothing global: what they import is loaded once for all.
const sharing = ["apps/examples/test/**/*.test.ts"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    setupFiles: ["vitest.setup.ts"],
    pool: "forks",
    // No test waits for time; one that takes long does much, or stands beside others on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", "json"],
    // Beside whoever ran it: the root, or the package whose `test` script it was.
    outputFile: { json: resolve(process.cwd(), "reports/test.json") },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...onBuilt, ...sharing],
        },
      },
      {
        extends: true,
        test: { name: "shared", include: sharing, exclude: [...configDefaults.exclude, ...onBuilt], isolate: false },
      },
      { extends: true, test: { name: "checks", include: onBuilt, globalSetup: "apps/checks/src/build.ts" } },
    ],
  },
});
