import { CancelScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { run } from "@selvage/runner";
import { Programs } from "./programs.js";

let programs: Programs;

beforeAll(async () => {
  programs = await Programs.translate();
}, 60_000);

afterAll(() => {
  programs.remove();
});

describe("MainRun", () => {
  it(
    "prints what still runs after the grace, with its name and where it was created (R2)",
    { timeout: 30_000 },
    async () => {
      const program = programs.start("lingering", "20");
      await program.line("started");
      program.send("SIGINT");
      await program.error('task "deaf"');
      program.say("end");
      const { code, stdout, stderr } = await program.end();
      expect([code, stdout]).toEqual([0, ["started", "ended"]]);
      const site = String.raw`[^,]+, created at .*lingering\.js:\d+:\d+\)?`;
      expect(stderr.trimEnd().split("\n")).toEqual([
        "Still running 20 ms after SIGINT (a second signal ends the process at once):",
        expect.stringMatching(`^scope "main": cancelled, ${site}$`),
        expect.stringMatching(`^  Workers "uploads": cancelled, ${site}$`),
        expect.stringMatching(`^    task "deaf": running, cancelled, ${site}$`),
      ]);
    },
  );

  it("prints nothing where all has ended within the grace (R2)", { timeout: 30_000 }, async () => {
    const program = programs.start("lingering", "15000");
    await program.line("started");
    program.send("SIGINT");
    program.say("end");
    expect(await program.end()).toMatchObject({ code: 0, stdout: ["started", "ended"], stderr: "" });
  });

  it("prints nothing where no grace was asked for (R2)", { timeout: 30_000 }, async () => {
    const program = programs.start("lingering");
    await program.line("started");
    program.send("SIGINT");
    program.say("end");
    expect(await program.end()).toMatchObject({ code: 0, stdout: ["started", "ended"], stderr: "" });
  });

  it("prints it once the grace is over, and not where the main has ended by then (R2)", async () => {
    vi.useFakeTimers();
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    const printed: number[] = [];
    const main = async (scope: CancelScope, ms: number): Promise<void> => {
      const told = new Promise((resolve) => scope.onCancel(resolve));
      process.kill(process.pid, "SIGUSR2");
      await told;
      vi.advanceTimersByTime(ms);
      printed.push(print.mock.calls.length);
    };
    try {
      const options = { signals: ["SIGUSR2"], grace: 1_000 } as const;
      await run((scope) => main(scope, 999), options);
      vi.advanceTimersByTime(1_000_000);
      printed.push(print.mock.calls.length);
      await run((scope) => main(scope, 1_000), options);
      expect(printed).toEqual([0, 0, 1]);
    } finally {
      print.mockRestore();
      vi.useRealTimers();
    }
  });

  it("records where scopes are created while a main runs with a grace, and no longer (R2)", async () => {
    const whileItRuns = await run(() => describeTree(new CancelScope()), { grace: 1_000 });
    const withoutGrace = await run(() => describeTree(new CancelScope()));
    expect(whileItRuns).toContain("main-run.test.ts");
    expect([withoutGrace, describeTree(new CancelScope())].join()).not.toContain("created at");
  });
});
