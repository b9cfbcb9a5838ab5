import { Undecided } from "../model/undecided.js";
import type { Verdict } from "../conform.js";
import type { Call } from "./call.js";
import { expectedOf } from "./expected.js";
import { NEVER_ENDS, runCall } from "./run-call.js";

/** Runs a call, and compares its result with what the rules predict. */
export async function checkCall(call: Call, seed: number): Promise<Verdict> {
  let expected: string[] | undefined;
  try {
    expected = expectedOf(call);
  } catch (error) {
    if (error instanceof Undecided) return { kind: "undecided", why: error.message };
    throw error;
  }
  const { lines, wrong } = await runCall(call, seed);
  if (expected === undefined && wrong.join() === NEVER_ENDS) return { kind: "agrees" };
  if (expected === undefined) return { kind: "disagrees", message: "expected that it never ends" };
  if (wrong.length > 0) return { kind: "disagrees", message: wrong.join("; ") };
  const index = [...expected, undefined].findIndex((line, at) => line !== lines[at]);
  if (index === -1 || (index === expected.length && lines.length === index)) return { kind: "agrees" };
  return {
    kind: "disagrees",
    message: `line ${index}: ${lines[index] ?? "nothing"}: expected ${expected[index] ?? "nothing"}\n\n${lines.join("\n")}`,
  };
}
