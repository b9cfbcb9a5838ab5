import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { presets } from "../../.vitepress/theme/playground/engine/presets.js";
import { isPrimitive } from "../../.vitepress/theme/playground/engine/primitives.js";
import { queryOf, setupOf } from "../../.vitepress/theme/playground/engine/share.js";
import { fewestTasks, longest, mostTasks, step } from "../../.vitepress/theme/playground/engine/workload.js";
import { setups } from "./setups.js";

describe("queryOf", () => {
  it("writes what setupOf reads", () => {
    fc.assert(
      fc.property(setups, (setup) => {
        expect(setupOf(queryOf(setup))).toEqual(setup);
      }),
    );
  });

  it("writes readable text", () => {
    expect(queryOf(presets[0].setup)).toBe("first=TaskGroup&second=Promise.all&tasks=300-150f-400c50");
  });
});

describe("setupOf", () => {
  it("reads a preset by its name", () => {
    for (const { id, setup } of presets) expect(setupOf(`?preset=${id}`)).toEqual(setup);
  });

  it("uses the first preset for an empty query", () => {
    expect(setupOf("")).toEqual(presets[0].setup);
  });

  it("accepts any text", () => {
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom("NaN", "-1", "1e9", "0", "0.5", "", "%", "%E0%A4%A", "\0", "\ud83d"),
    );
    const names = ["preset", "first", "second", "tasks", "limit", "timeout", "cancel", "shutdown", "grace"];
    const query = fc
      .record(Object.fromEntries(names.map((name) => [name, fc.option(value, { nil: undefined })])))
      .map((record) =>
        Object.entries(record)
          .map(([name, text]) => `${name}=${text}`)
          .join("&"),
      );
    fc.assert(
      fc.property(fc.oneof(fc.string(), query), (text) => {
        const { first, second, workload } = setupOf(text);
        expect(isPrimitive(first) && isPrimitive(second)).toBe(true);
        expect(setupOf(queryOf({ first, second, workload }))).toEqual({ first, second, workload });
      }),
    );
  });

  it.each([
    ["no tasks", "tasks="],
    ["one task", "tasks=300"],
    ["too many", "tasks=1-2-3-4-5-6-7"],
    ["one that is none", "tasks=300-x"],
    ["code", "tasks=300-200;alert(1)"],
    ["a cleanup that fails, but is none", "tasks=300-200x"],
  ])("leaves the workload at the preset's where there are %s", (_, text) => {
    expect(setupOf(`preset=timeout&${text}`).workload).toEqual(setupOf("preset=timeout").workload);
  });

  it("uses the nearest valid time", () => {
    const { tasks, timeout, cancelAt, grace } = setupOf(
      "tasks=1-99999c14&timeout=254&cancel=-5&shutdown=10&grace=1e9",
    ).workload;

    expect(tasks.map(({ takes }) => takes)).toEqual([step, longest]);
    expect([tasks[1]!.cleanup, timeout, cancelAt, grace]).toEqual([10, 250, step, longest]);
  });

  it("ignores values that are not numbers", () => {
    const { timeout, cancelAt, limit } = setupOf("tasks=300-200&timeout=soon&cancel=&limit=2.5").workload;

    expect([timeout, cancelAt, limit]).toEqual([undefined, undefined, undefined]);
  });

  it("accepts only numbers of tasks within the limits", () => {
    for (const count of [fewestTasks, mostTasks]) {
      const text = Array.from({ length: count }, () => "300").join("-");
      expect(setupOf(`tasks=${text}`).workload.tasks).toHaveLength(count);
    }
  });
});
