import { runProgram } from "@selvage/test-support/run-program";
import { expect, it } from "vitest";

it("observers keep nothing of scopes that have ended, nor of those that are collected without being closed (N6, N7)", async () => {
  const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
  expect(end).toMatchObject({ code: 0, stderr: "" });
  const { kept, roots, abandoned } = JSON.parse(end.stdout) as {
    kept: Record<string, number>;
    roots: number;
    abandoned: string;
  };
  for (const [what, bytes] of Object.entries(kept)) expect(bytes, what).toBeLessThan(100); // a scope and its record are more than 200; a hash table that grows is 40
  expect(roots).toBe(0);
  expect(abandoned).toBe("collected without being closed");
});
