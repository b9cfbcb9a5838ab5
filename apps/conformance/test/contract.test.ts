import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ambient } from "../contract/ambient.js";
import { contract } from "../contract/index.js";
import { processChecks } from "../src/process-check-list.js";
import { runOnProcess } from "../src/runtimes.js";
import { runMadeBy, toolchains } from "../src/toolchains.js";
import { app } from "../src/workspace.js";

// The built packages resolve from here.
const folder = join(app, "node_modules/.cache/contract");

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
});

/** The part of `pnpm conformance` that needs only the installed Node. */
describe("the contract", { timeout: 300_000 }, () => {
  it("passes with the built packages on the installed Node", async () => {
    const outcomes = await runOnProcess(process.execPath, ["--expose-gc"], folder, "es2022");
    expect(outcomes.filter(({ status }) => status !== "passed")).toEqual([]);
    expect(outcomes).toHaveLength(contract.length + ambient.length + processChecks.length);
  });

  it("passes with the output of esbuild, minified for ES2017", async () => {
    const toolchain = toolchains.find(({ name }) => name === "esbuild, minified for ES2017")!;
    const outcomes = await runMadeBy(toolchain, folder);
    expect(outcomes.filter(({ status }) => status !== "passed")).toEqual([]);
    expect(outcomes).toHaveLength(contract.length);
  });
});
