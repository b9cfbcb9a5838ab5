import { resolve } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

// The packages' own TypeScript sources, so that tests do not need a build.
const conditions = ["@selvage/source"];
// These test the built packages, as users get them.
const onBuilt = [
  "apps/benchmarks/test/{contestants,main}.test.ts",
  "apps/checks/test/**/*.test.ts",
  "apps/conformance/test/contract.test.ts",
  "apps/examples/test/main.test.ts",
  "apps/examples/test/programs/{ambient,run}.test.ts",
  "apps/examples/test/table/{documents,index,run-probes}.test.ts",
  "apps/server/test/{faults/play,soak/soak}.test.ts",
];
// Many small files that do not change global state, so they share one process, which loads their imports once.
const sharing = ["apps/examples/test/**/*.test.ts"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    setupFiles: ["vitest.setup.ts"],
    pool: "forks",
    // Tests do not wait for real time. A slow test does much work, or shares a busy machine with others.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", "json"],
    // In the folder of the caller: the root, or the package whose `test` script runs.
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
