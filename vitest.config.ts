import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

// The packages' own TypeScript sources, so that tests need no build.
const conditions = ["@selvage/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts"],
    setupFiles: ["vitest.setup.ts"],
    pool: "forks",
    passWithNoTests: true,
    reporters: ["default", "json"],
    // Beside whoever ran it: the root, or the package whose `test` script it was.
    outputFile: { json: resolve(process.cwd(), "reports/test.json") },
  },
});
