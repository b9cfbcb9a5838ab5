import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exceptOracle, splitOracle } from "../../src/oracle/group-oracle.js";
import type { Oracle } from "../../src/oracle/oracle.js";
import { programOracle } from "../../src/oracle/program-oracle.js";

// The minimum numbers of 300 cases that must contain each topic.
describe("the cases of the oracle", () => {
  it("cover failures, nested groups, timeouts and cancellations", () =>
    covers(programOracle, {
      "spawn ended with a value": 35,
      "spawn ended with a failure": 25,
      "spawn ended with its cancellation": 35,
      "group ended with a group of one": 65,
      "group ended with a group of several": 8,
      "group ended with a group in a group": 15,
      "group ended with its cancellation": 25,
      "timeout ended with a timeout's error": 25,
      "timeout ended with its cancellation": 5,
      "timeout ended with a failure": 9,
      "timeout ended with a value, late": 1,
      "moveOnAfter ended with nothing, out of time": 20,
      "attempt caught a failure": 40,
      "attempt caught a timeout's error": 6,
      "attempt caught a group in a group": 1,
      "a cancel reached a live task": 10,
      "a task completed though it was cancelled": 4,
      "an error won over an outer cancellation": 3,
      "a look found a cancellation that the program had outlived": 8,
    }));

  it("cover groups that are split at every level (E3)", () =>
    covers(splitOracle, {
      "groups were nested": 90,
      "some members matched": 55,
      "all members matched": 20,
      "the root matched": 30,
      "a nested group was taken whole": 35,
      "nothing matched": 35,
    }));

  it("cover handlers that handle, throw and rethrow (E4, E5)", () =>
    covers(exceptOracle, {
      "a handler would swallow": 35,
      "a handler would reraise": 65,
      "a handler would raise": 30,
      "a handler would raise member": 10,
      "a handler would raise part": 15,
      "several handlers were called": 30,
      "one handler rethrew, another handled": 5,
      "all was handled": 20,
      "something was thrown": 125,
      "errors were collected": 20,
      "an error was no group": 15,
    }));
});

async function covers<Case>(oracle: Oracle<Case>, least: Readonly<Record<string, number>>): Promise<void> {
  const seen = new Map<string, number>(Object.keys(least).map((sight) => [sight, 0]));
  for (const one of fc.sample(oracle.cases, { numRuns: 300, seed: 1 })) {
    const { sights } = await oracle.onSelvage(one);
    for (const sight of sights) seen.set(sight, (seen.get(sight) ?? 0) + 1);
  }
  const tooRare = Object.entries(least).filter(([sight, count]) => seen.get(sight)! < count);
  expect(tooRare.map(([sight, count]) => `${sight}: got ${seen.get(sight)!}, want ${count}`)).toEqual([]);
}
