import type { Call } from "./call.js";

/** A vitest test that runs a call, and compares its result with the rules, which can be pasted into a file in `test/calls/`. */
export function printCallTest(call: Call, seed: number): string {
  return `import { expect, it } from "vitest";
import { checkCall } from "../../src/calls/check-call.js";

it("…", async () => {
  const verdict = await checkCall(${JSON.stringify(call)}, ${seed});
  expect(verdict).toEqual({ kind: "agrees" });
});
`;
}
