import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/hello-ish-world.js";
import { printed } from "../printed.js";

describe("hello-ish-world", () => {
  it("leaves nothing ticking, by hand and with a TaskGroup (T4)", async () => {
    expect(await printed(program)).toEqual([
      "by hand",
      "  Hello!",
      "  tick",
      "  tick",
      "  Goodbye!",
      "  the ticking has stopped",
      "TaskGroup",
      "  Hello!",
      "  tick",
      "  tick",
      "  Goodbye!",
      "  the ticking has stopped",
    ]);
  });
});
