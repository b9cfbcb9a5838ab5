import { existsSync } from "node:fs";
import { defineConfig } from "vitest/config";

const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const inBrowser = ["test/**/*.browser.ts"];

if (!existsSync(chromium)) {
  const missing = `no Chromium at ${chromium}: install it, or name one in CHROMIUM`;
  if (process.env["CI"]) throw new Error(missing);
  console.warn(`SKIPPED: the tests of the site in a browser (${missing})`);
}

// The tests of the built site. `pnpm docs:test` builds it first.
export default defineConfig({
  test: {
    include: ["test/**/*.built.ts", ...(existsSync(chromium) ? inBrowser : [])],
    globalSetup: "test/serve.ts",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["default", "json"],
    outputFile: { json: "reports/site.json" },
  },
});
