import { describe, expect, it } from "vitest";
import { parseOptions } from "../src/options.js";
import { scenarios } from "../src/scenarios.js";

describe("parseOptions", () => {
  it("asks for everything by default, in five rounds, with the Node that runs it", () => {
    const { action, plan, complete } = parseOptions([]);
    expect({ action, complete, node: plan.node }).toEqual({ action: "run", complete: true, node: process.execPath });
    expect(plan.rounds).toBe(5);
    expect(plan.scenarios).toEqual(scenarios);
    expect(scenarios.flatMap(({ cases }) => cases).every(plan.cases)).toBe(true);
    expect(plan.contestants("effect")).toBe(true);
  });

  it("chooses scenarios, cases and contestants", () => {
    const { plan } = parseOptions([
      "--only",
      "A,B,C",
      "--cases",
      "1000-,moved,wide-1000",
      "--contestants",
      "effect,asyncio",
    ]);
    const cases = plan.scenarios.flatMap(({ cases }) => cases.filter(plan.cases).map(({ id }) => id));
    expect(cases).toEqual(["1000-none", "1000-microtask", "1000-macrotask", "1000-collected", "wide-1000", "moved"]);
    expect(["effect", "asyncio", "taskGroup"].map(plan.contestants)).toEqual([true, true, false]);
  });

  it.each([
    ["--only", "A"],
    ["--cases", "wide"],
    ["--contestants", "effect"],
    ["--rounds", "4"],
    ["--clock", "process"],
  ])("does not call a run with %s complete", (...args) => {
    expect(parseOptions(args).complete).toBe(false);
  });

  it.each([
    ["--only", "Z"],
    ["--cases", "nothing"],
    ["--contestants", "nobody"],
    ["--rounds", "none"],
    ["--rounds", "0"],
    ["--warm-up", "-1"],
    ["--clock", "sundial"],
  ])("refuses %s %s", (option, value) => {
    expect(() => parseOptions([`${option}=${value}`])).toThrow(`got ${value}`);
  });
});
