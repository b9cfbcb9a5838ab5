import "@selvage/scope/ambient";
import { describe, expect, it } from "vitest";
import { CancelScope, Supervisor } from "../src/index.js";
import { watch } from "./watch.js";

describe("a supervisor with drain in an ambient scope", () => {
  it("the supervisor has the enclosing scope as its parent, and drains when that scope is cancelled (V11, C4)", async () => {
    const { clock, log, until } = watch();
    const value = await CancelScope.run(
      () =>
        Supervisor.run(
          (supervisor) => {
            supervisor.createTask(until("task"));
            return "value";
          },
          { drain: { grace: 20 } },
        ),
      { clock, deadline: 10 },
    );
    expect(value).toBe("value");
    expect(log).toEqual(["30: task cancelled"]);
  });

  it("the option drain is a TypeError outside of any scope, and with the parent null (V11, C4)", async () => {
    expect(() => new Supervisor({ drain: {} })).toThrow(TypeError);
    await CancelScope.run(() => {
      expect(() => new Supervisor({ parent: null, drain: {} })).toThrow(TypeError);
    });
  });
});
