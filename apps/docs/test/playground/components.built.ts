import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const docs = new URL("../../", import.meta.url);
const compiler = fileURLToPath(new URL("node_modules/vue-tsc/bin/vue-tsc.js", docs));

/** The compiler's messages for the components' scripts and templates. */
function typeCheck(): Promise<string> {
  const args = [compiler, "--project", "tsconfig.components.json", "--pretty", "false"];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: docs }, (error, stdout, stderr) => {
      resolve(stdout + stderr + (error !== null && stdout === "" ? error.message : ""));
    });
  });
}

describe("the components of the site", () => {
  it("use each other, and the engine of the playground, as their types allow", async () => {
    expect(await typeCheck()).toBe("");
  });
});
