import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Programs } from "./programs.js";

let programs: Programs;

beforeAll(async () => {
  programs = await Programs.translate();
}, 60_000);

afterAll(() => {
  programs.remove();
});

describe("exit", { timeout: 30_000 }, () => {
  it("exit prints a failure completely, however slowly it is read (R1)", async () => {
    const program = programs.start("failing", "many");
    await program.line("fails"); // its standard error is read from here on
    const { code, stderr } = await program.end();
    expect(code).toBe(1);
    expect(stderr.match(/failure \d+ x{8000}\n/g)).toHaveLength(100);
    expect(stderr.endsWith("\n")).toBe(true);
  });

  it("exit ends with code 1 and without a crash if standard error is closed by its reader (R1)", async () => {
    const program = programs.start("failing", "many");
    program.readNoErrors();
    expect(await program.end()).toMatchObject({ code: 1, stdout: ["fails", "exit 1 with 0 handlers"] });
  });

  it("exit flushes everything that was printed before, after a signal as well (R1)", async () => {
    const program = programs.start("printing");
    await program.line("started");
    program.send("SIGINT");
    const { code, stdout } = await program.end();
    expect([code, stdout[1]?.length]).toEqual([130, 5_000_000]);
  });
});
