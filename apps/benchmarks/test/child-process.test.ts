import { describe, expect, it } from "vitest";
import { figureOf } from "../src/child-process.js";

function program(code: string, atMost = 60_000): ReturnType<typeof figureOf> {
  return figureOf(process.execPath, ["-e", code], atMost);
}

describe("figureOf", () => {
  it("reads the figure that a process prints", async () => {
    expect(await program(`console.log('{"value":42}')`)).toMatchObject({ figure: { value: 42 } });
  });

  it("tells the error of one that fails", async () => {
    expect(await program(`throw new RangeError("too deep")`)).toMatchObject({ failure: "RangeError: too deep" });
    expect(await program(`process.exit(3)`)).toMatchObject({ failure: "ended with code 3" });
  });

  it("kills one that takes too long, whatever it does", async () => {
    const deaf = `process.on("SIGTERM", () => {}); for (;;);`;
    expect(await program(deaf, 300)).toMatchObject({ failure: "took more than 0.3 s" });
  });

  it("says that there is no such command", async () => {
    expect(await figureOf("no-such-command", [], 1_000)).toMatchObject({ failure: "is not there" });
  });

  it("does not pass on the options that Node inherited", async () => {
    process.env["NODE_OPTIONS"] = "--title=told";
    try {
      const told = `console.log(JSON.stringify({ value: Number(process.title === "told") }))`;
      expect(await program(told)).toMatchObject({ figure: { value: 0 } });
    } finally {
      delete process.env["NODE_OPTIONS"];
    }
  });
});
