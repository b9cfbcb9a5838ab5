import { describe, expect, it } from "vitest";
import { runProcessChecks } from "../src/process-checks.js";
import { root } from "../src/workspace.js";

const named = { package: "one", rule: "A1", title: "ends as it should" };
const check = { ...named, part: "part", code: 3, stdout: ["a", "b"] };
const good = 'console.log("a\\nb"); process.exitCode = 3;';

async function outcomeOf(code: string, stderr?: RegExp): Promise<{ status: string; detail?: string }> {
  const checks = [stderr === undefined ? check : { ...check, stderr }];
  const [outcome] = await runProcessChecks(process.execPath, ["-e", code], root, checks);
  return outcome!;
}

describe("runProcessChecks", () => {
  it("passes a program that ends as expected", async () => {
    expect(await outcomeOf(good)).toEqual({ ...named, status: "passed" });
    expect(await outcomeOf(`${good} console.error("a warning")`, /warn/)).toMatchObject({ status: "passed" });
  });

  it("passes the name of the part to the program, and sends the signal that it requests", async () => {
    const code = `process.once("SIGTERM", () => process.exit(process.argv[1] === "part" ? 3 : 4));
      setInterval(() => {}, 1000); console.log("send SIGTERM")`;
    const checks = [{ ...check, stdout: ["send SIGTERM"] }];
    const [outcome] = await runProcessChecks(process.execPath, ["-e", code], root, checks);
    expect(outcome).toMatchObject({ status: "passed" });
  });

  it.each([
    ["prints something else", good.replace("b", "c")],
    ["exits with something else", good.replace("3", "4")],
    ["prints on standard error", `${good} console.error("a warning")`],
  ])("fails one that %s", async (_, code) => {
    const { status, detail } = await outcomeOf(code);
    expect(status).toBe("failed");
    expect(detail).toMatch(/^expected exit code 3, \["a","b"\], nothing on standard error, got \{"code":/);
  });
});
