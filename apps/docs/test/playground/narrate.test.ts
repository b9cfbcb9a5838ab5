import { ExceptionGroup } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { outcomeText, outcomeTitle, summaryOf } from "../../.vitepress/theme/playground/engine/narrate.js";
import { presets } from "../../.vitepress/theme/playground/engine/presets.js";
import { record } from "../../.vitepress/theme/playground/engine/record.js";
import { programOf } from "../../.vitepress/theme/playground/engine/source.js";

const returned = (value: unknown) => ({ at: 0, ok: true, value }) as const;
const threw = (error: unknown) => ({ at: 0, ok: false, error }) as const;

describe("outcomeText", () => {
  it("writes a value as a literal", () => {
    expect(outcomeText(returned("user"))).toBe('"user"');
    expect(outcomeText(returned(undefined))).toBe("undefined");
    expect(outcomeText(returned({ completed: 1, abandoned: [] }))).toBe("{ completed: 1, abandoned: [] }");
    expect(outcomeText(returned([]))).toBe("[]");
  });

  it("writes each item of a list on a separate line", () => {
    expect(outcomeText(returned(["user", { status: "rejected", reason: new Error("no orders") }]))).toBe(
      '[\n  "user",\n  { status: "rejected", reason: Error: no orders },\n]',
    );
  });

  it("draws an error as a tree, without the stacks", () => {
    const error = new ExceptionGroup("two", [new Error("a", { cause: new TypeError("b") }), new RangeError("c")]);

    expect(outcomeText(threw(error)).split("\n")).toEqual([
      "ExceptionGroup: two",
      "├── 1: Error: a",
      "│   └── cause: TypeError: b",
      "└── 2: RangeError: c",
    ]);
  });

  it("omits the stack in the formats of other browsers", () => {
    const error = Object.assign(new Error("a"), {
      stack: "caller@https://example.org/a.js:3:7\n@https://example.org/a.js:9:1",
    });

    expect(outcomeText(threw(error))).toBe("Error: a");
  });
});

describe("outcomeTitle", () => {
  it("distinguishes a value from an error, even if it is undefined", () => {
    expect(outcomeTitle(returned(undefined))).toBe("value undefined");
    expect(outcomeTitle(threw(undefined))).toBe("throws undefined");
    expect(outcomeTitle(threw(new TypeError("no")))).toBe("throws TypeError: no");
  });
});

describe("summaryOf", () => {
  it.each([
    [
      "one-fails",
      "TaskGroup: the caller has control back after 200 ms, throws ExceptionGroup: 1 task failed in a TaskGroup: orders: no orders. Nothing is left running.",
      "Promise.all: the caller has control back after 150 ms, throws Error: no orders. Still running: user, reviews.",
    ],
    [
      "every-error",
      "gather: the caller has control back after 200 ms, throws ExceptionGroup: 2 tasks failed in a TaskGroup: orders: no orders; reviews: reviews left a mess. Nothing is left running.",
      "Promise.all: the caller has control back after 150 ms, throws Error: no orders. Still running: user, reviews. Error lost: reviews.",
    ],
    [
      "timeout",
      "timeout: the caller has control back after 310 ms, throws TimeoutError: timed out after 250 ms. Nothing is left running.",
      "moveOnAfter: the caller has control back after 310 ms, value undefined. Nothing is left running.",
    ],
  ])("says what the preset %s is there to show", async (id, first, second) => {
    const { setup } = presets.find((preset) => preset.id === id)!;
    const summaries = [];
    for (const name of [setup.first, setup.second]) {
      summaries.push(summaryOf(name, await record(programOf(name, setup.workload))));
    }

    expect(summaries).toEqual([first, second]);
  });
});
