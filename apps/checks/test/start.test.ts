import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { root } from "../src/repository.js";

describe("pnpm start", { timeout: 60_000 }, () => {
  it("passes its arguments on and succeeds", () => {
    expect(start("--list")).toMatchObject({ status: 0, stderr: "" });
  });

  it("ends with the exit code of the app", () => {
    const { status, stderr } = start("no-such-program");
    expect(stderr).toContain("no-such-program");
    expect(status).toBe(2);
  });
});

function start(argument: string): { status: number | null; stderr: string } {
  return spawnSync("pnpm", ["start", argument], { cwd: root, encoding: "utf8" });
}
