import { CancelScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { run } from "@selvage/runner";
import { noListeners, Programs } from "./programs.js";

let programs: Programs;

beforeAll(async () => {
  programs = await Programs.translate();
}, 60_000);

afterAll(() => {
  programs.remove();
});

describe("MainRun", () => {
  it(
    "a main with a grace prints what still runs after it, with names and creation sites (R2)",
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

  it("a main prints nothing if everything has ended within the grace (R2)", { timeout: 30_000 }, async () => {
    const program = programs.start("lingering", "15000");
    await program.line("started");
    program.send("SIGINT");
    program.say("end");
    expect(await program.end()).toMatchObject({ code: 0, stdout: ["started", "ended"], stderr: "" });
  });

  it("a main without a grace prints nothing (R2)", { timeout: 30_000 }, async () => {
    const program = programs.start("lingering");
    await program.line("started");
    program.send("SIGINT");
    program.say("end");
    expect(await program.end()).toMatchObject({ code: 0, stdout: ["started", "ended"], stderr: "" });
  });

  it("a main prints what is left once the grace is over, and not if it has ended by then (R2)", async () => {
    vi.useFakeTimers();
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    const printed: number[] = [];
    const main = async (scope: CancelScope, ms: number): Promise<void> => {
      const cancelled = new Promise((resolve) => scope.onCancel(resolve));
      process.kill(process.pid, "SIGUSR2");
      await cancelled;
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

  it("a main with a grace records where scopes are created while it runs, and no longer (R2)", async () => {
    const whileItRuns = await run(() => describeTree(new CancelScope()), { grace: 1_000 });
    const withoutGrace = await run(() => describeTree(new CancelScope()));
    expect(whileItRuns).toContain("main-run.test.ts");
    expect([withoutGrace, describeTree(new CancelScope())].join()).not.toContain("created at");
  });

  describe("the hint (R2)", { timeout: 30_000 }, () => {
    const hint = /\nNothing runs below the scope of main, so a `parent` was probably not passed on/;

    it.each([
      ["nothing lives", "say nothing"],
      ["an owner without tasks lives", "own"],
      ["a scope lives in which nothing runs", "open"],
    ])("the hint is printed if %s below the root scope (R2)", async (_, line) => {
      const program = await programs.obeying({ grace: 0 });
      program.say(`${line}\nsay ready`);
      await program.line("ready");
      program.send("SIGTERM");
      await program.error("takes a signal.");
      program.say("return value");
      expect((await program.end()).stderr).toMatch(hint);
    });

    it.each([
      ["a task", "task"],
      ["a body", "body"],
    ])("the hint is not printed if %s lives below the root scope (R2)", async (_, line) => {
      const program = await programs.obeying({ grace: 0 });
      program.say(`${line}\nsay ready`);
      await program.line("ready");
      program.send("SIGTERM");
      await program.error('"busy"');
      program.say("return value");
      expect((await program.end()).stderr).not.toMatch(hint);
    });
  });

  describe("the timeout (R2)", { timeout: 30_000 }, () => {
    it("the timeout exits with 128 + n if the main still runs (R2)", async () => {
      const program = await programs.obeying({ timeout: 30 });
      program.send("SIGTERM");
      expect(await program.end()).toMatchObject({
        code: 143,
        stdout: [expect.any(String), "cancelled by SIGTERM", `exit 143, ${noListeners}`],
        stderr: "",
      });
    });

    it("the timeout exits with 128 + n if the main was cancelled, although standard output is not read (R2)", async () => {
      const program = await programs.obeying({ timeout: 30 });
      program.stopReading();
      program.say("print\noncancel unwind");
      await program.error("printed\n");
      program.send("SIGINT");
      expect(await program.end()).toMatchObject({ code: 130, stderr: "printed\n" });
    });

    it("the timeout exits with 0 if the main has returned and something keeps the process alive (R2)", async () => {
      const program = await programs.obeying({ timeout: 30 });
      program.say("serve\noncancel return value\nsay ready");
      await program.line("ready");
      program.send("SIGTERM");
      const { code, stdout, stderr } = await program.end();
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout.slice(-2)).toEqual([`returned value, ${noListeners}`, `exit 0, ${noListeners}`]);
    });

    it("the timeout exits with process.exitCode if that is set (R2)", async () => {
      const program = await programs.obeying({ timeout: 30 });
      program.say("serve\noncancel return value\nafter code 3\nsay ready");
      await program.line("ready");
      program.send("SIGTERM");
      expect(await program.end()).toMatchObject({ code: 3, stderr: "" });
    });

    it("the timeout exits with 1 and prints the failure if onError does not end (R2)", async () => {
      const program = await programs.obeying({ timeout: 30, onError: "waits" });
      program.say("oncancel fail the main\nsay ready");
      await program.line("ready");
      program.send("SIGTERM");
      const { code, stdout, stderr } = await program.end();
      expect([code, stderr]).toEqual([1, "Error: the main\n"]);
      expect(stdout.at(-2)).toBe("onError got: Error: the main");
    });

    it("the timeout does not keep the process alive (R2)", async () => {
      const program = await programs.obeying({ timeout: 3_600_000 });
      program.say("oncancel return value\nsay ready");
      await program.line("ready");
      program.send("SIGTERM");
      expect(await program.end()).toMatchObject({ code: 0, stderr: "" });
    });

    it("the main's end alone does not arm the timeout (R2)", async () => {
      const program = await programs.obeying({ timeout: 0 });
      program.say("after leave 30\nreturn value");
      expect(await program.end()).toMatchObject({ code: 7, stderr: "" });
    });

    it.each(["again", "close"])("the timeout is disarmed by a later run, and by close: %s (R2)", async (what) => {
      const program = await programs.obeying({ timeout: 30 });
      program.say(`serve\noncancel return value\nafter leave 60\nafter ${what}\nsay ready`);
      await program.line("ready");
      program.send("SIGTERM");
      expect(await program.end()).toMatchObject({ code: 7, stderr: "" });
    });

    it("the timeout is disarmed at the end of the main if the runner was closed before (R2)", async () => {
      const program = await programs.obeying({ timeout: 30 });
      program.say("close\nonsignal return value\nafter leave 60\nsay ready");
      await program.line("ready");
      program.send("SIGTERM");
      expect(await program.end()).toMatchObject({ code: 7, stderr: "" });
    });

    it("the timeout stays armed if the runner is closed while the main runs (R2)", async () => {
      const program = await programs.obeying({ timeout: 30 });
      program.say("onsignal close\nsay ready");
      await program.line("ready");
      program.send("SIGTERM");
      expect(await program.end()).toMatchObject({ code: 143, stderr: "" });
    });
  });
});
