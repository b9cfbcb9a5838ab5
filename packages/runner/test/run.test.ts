import { expectTypeOf } from "expect-type";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type CancelScope, InvalidStateError, isCancellation, run } from "@selvage/runner";
import { Programs } from "./programs.js";

let programs: Programs;

beforeAll(async () => {
  programs = await Programs.translate();
}, 60_000);

afterAll(() => {
  programs.remove();
});

function handlers(): number {
  return process.listenerCount("SIGINT") + process.listenerCount("SIGTERM");
}

describe("run", () => {
  it("run calls the main at once, with a live scope, and resolves with its value (R1)", async () => {
    const seen: CancelScope[] = [];
    const outcome = run((scope) => {
      seen.push(scope);
      return "its value";
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]!.cancelled).toBe(false);
    await expect(outcome).resolves.toBe("its value");
  });

  it("run has the type of its main", () => {
    expectTypeOf(run<number>).returns.toEqualTypeOf<Promise<number>>();
    expectTypeOf(() => run(async () => "text")).returns.toEqualTypeOf<Promise<string>>();
  });

  it("run installs handlers only while the main runs (R1)", async () => {
    const before = handlers();
    const during = await run(() => handlers());
    expect(during).toBe(before + 2);
    expect(handlers()).toBe(before);
  });

  it("run handles a signal once that is named twice", async () => {
    const before = process.listenerCount("SIGUSR2");
    const during = await run(() => process.listenerCount("SIGUSR2"), { signals: ["SIGUSR2", "SIGUSR2"] });
    expect(during).toBe(before + 1);
  });

  it("run refuses a main that is not a function, and wrong options, before anything is installed or called (R1)", () => {
    const before = handlers();
    let calls = 0;
    const main = (): number => calls++;
    expect(() => run("main" as never)).toThrow(new TypeError('The main must be a function, got "main".'));
    expect(() => run(main, { signals: ["SIGINT", "SIGKILL"] })).toThrow(RangeError);
    expect(() => run(main, { grace: NaN })).toThrow(TypeError);
    expect([calls, handlers()]).toEqual([0, before]);
  });

  it("run refuses a second main in the process, and leaves the first alone", async () => {
    const value = await run(async () => {
      const before = handlers();
      expect(() => run(() => "second")).toThrow(InvalidStateError);
      expect(handlers()).toBe(before);
      return "first";
    });
    expect(value).toBe("first");
    await expect(run(() => "third")).resolves.toBe("third");
  });

  it("run rejects with the CancelledError if the main cancels its own scope and is interrupted", async () => {
    const before = handlers();
    let scope: CancelScope | undefined;
    const outcome = run(async (own) => {
      scope = own;
      own.cancel("enough");
      await own.checkpoint();
    });
    const error: unknown = await outcome.catch((caught: unknown) => caught);
    expect(error).toBe(scope!.reason);
    expect(isCancellation(error)).toBe(true);
    expect(handlers()).toBe(before);
  });

  it("run rejects with the failure if something keeps the process from exiting", async () => {
    const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as never);
    try {
      const failure = new Error("no");
      await expect(run(() => Promise.reject(failure), { onError: () => {} })).rejects.toBe(failure);
      expect(exit.mock.calls).toEqual([[1]]);
    } finally {
      exit.mockRestore();
    }
  });

  describe("in a separate process", { timeout: 30_000 }, () => {
    it.each([
      { signal: "SIGINT", code: 130, handled: [] },
      { signal: "SIGTERM", code: 143, handled: [] },
      { signal: "SIGHUP", code: 129, handled: ["SIGHUP"] },
    ] as const)(
      "the first $signal cancels run, which waits for the cleanup and exits with $code (R1)",
      async ({ signal, code, handled }) => {
        const program = programs.start("unwinding", ...handled);
        await program.line("started");
        program.send(signal);
        await program.line(`cancelled by ${signal}`);
        program.say("go on");
        expect(await program.end()).toEqual({
          code,
          signal: null,
          stdout: ["started", `cancelled by ${signal}`, "cleaned up", `exit ${code} with 0 handlers`],
          stderr: "",
        });
      },
    );

    it.each([
      { first: "SIGINT", second: "SIGINT", code: 130 },
      { first: "SIGINT", second: "SIGTERM", code: 143 },
      { first: "SIGTERM", second: "SIGINT", code: 130 },
    ] as const)(
      "a second signal exits with $code at once: $second during the cleanup after $first (R1)",
      async ({ first, second, code }) => {
        const program = programs.start("unwinding");
        await program.line("started");
        program.send(first);
        await program.line(`cancelled by ${first}`);
        program.send(second);
        expect(await program.end()).toEqual({
          code,
          signal: null,
          stdout: ["started", `cancelled by ${first}`, `exit ${code} with 0 handlers`],
          stderr: "",
        });
      },
    );

    it("run leaves other signals to the system", async () => {
      const program = programs.start("unwinding");
      await program.line("started");
      program.send("SIGHUP");
      expect(await program.end()).toMatchObject({ code: null, signal: "SIGHUP", stdout: ["started"] });
    });

    it("a main that ignores its cancellation keeps its value, and run does not exit (R1, S14)", async () => {
      const program = programs.start("deaf");
      await program.line("started");
      program.send("SIGINT");
      await program.line("notified");
      program.say("go on");
      expect(await program.end()).toEqual({
        code: 0,
        signal: null,
        stdout: ["started", "notified", "ended with its value and 0 handlers"],
        stderr: "",
      });
    });

    it("a second signal ends a main that ignores its cancellation (R1)", async () => {
      const program = programs.start("deaf");
      await program.line("started");
      program.send("SIGINT");
      await program.line("notified");
      program.send("SIGINT");
      expect(await program.end()).toMatchObject({ code: 130, stdout: ["started", "notified"], stderr: "" });
    });

    it("run treats a group of nothing but cancellations as an unwinding (R1, S15)", async () => {
      const program = programs.start("cut-in-a-group");
      await program.line("started");
      program.send("SIGTERM");
      expect(await program.end()).toMatchObject({ code: 143, stderr: "" });
    });

    it("run keeps the process alive while the main waits only for its cancellation", async () => {
      const program = programs.start("waiting");
      await program.line("started");
      program.send("SIGTERM");
      expect(await program.end()).toMatchObject({ code: 0, stdout: ["started", "notified"], stderr: "" });
    });

    it("run prints a failure with all members and causes on standard error, and exits with 1 (R1)", async () => {
      const { code, stdout, stderr } = await programs.start("failing", "group").end();
      expect([code, stdout]).toEqual([1, ["exit 1 with 0 handlers"]]);
      const lines = stderr.split("\n").filter((line) => !/^[ │]+at /.test(line));
      expect(lines).toEqual([
        "ExceptionGroup: two failures",
        "├── 1: ExceptionGroup: nested",
        "│   └── 1: TypeError: wrong type",
        "│       └── cause: Error: the cause of it",
        "└── 2: Error: no such file",
        '        { code: "ENOENT" }',
        "",
      ]);
    });

    it("run prints each error that disposals have suppressed once (R1)", async () => {
      const { code, stderr } = await programs.start("failing", "suppressed").end();
      expect(code).toBe(1);
      const lines = stderr.split("\n").filter((line) => !/^[ │]+at /.test(line));
      expect(lines).toEqual([
        expect.stringMatching(/^SuppressedError/),
        "├── 1: Error: disposes of the first",
        expect.stringMatching(/^└── 2: SuppressedError/),
        "    ├── 1: Error: disposes of the second",
        "    └── 2: TypeError: runs",
        "",
      ]);
    });

    it("run exits with 128 + n if the main's owner of tasks has no task yet when the signal comes (R1, S16)", async () => {
      const program = await programs.obeying();
      program.say("own\nopen\noncancel unwind\nsay ready");
      await program.line("ready");
      program.send("SIGTERM");
      expect(await program.end()).toMatchObject({ code: 143, stderr: "" });
    });

    it("run prints only the failure of a main that fails before it has created a task (R1, S16)", async () => {
      const program = await programs.obeying();
      program.say("own\nopen\nfail EADDRINUSE");
      expect(await program.end()).toMatchObject({ code: 1, stderr: "Error: EADDRINUSE\n" });
    });

    it("a rejection of run is unhandled if the main cancels itself and the caller does not wait", async () => {
      const program = await programs.obeying();
      program.say("return value\nafter cancel");
      const { code, stderr } = await program.end();
      expect(code).toBe(1);
      expect(stderr).toContain('"main" was cancelled: by itself');
    });

    it("run treats a main that throws synchronously in the same way (R1)", async () => {
      const { code, stdout, stderr } = await programs.start("failing", "synchronously").end();
      expect([code, stdout]).toEqual([1, ["exit 1 with 0 handlers"]]);
      expect(stderr).toMatch(/^Error: at once\n +at /);
    });

    it("run treats a cleanup that fails after a signal as a failure (R1)", async () => {
      const program = programs.start("failing", "cleanup");
      await program.line("started");
      program.send("SIGINT");
      const { code, stderr } = await program.end();
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Error: cannot clean up\n/);
    });

    it("run treats another owner's cancellation as a failure, although a signal came (R1, K6)", async () => {
      const program = programs.start("failing", "foreign");
      await program.line("started");
      program.send("SIGINT");
      const { code, stderr } = await program.end();
      expect(code).toBe(1);
      expect(stderr).toContain('AbortError: "other" was cancelled: closing time');
    });

    describe("with onError", () => {
      it("onError gets the failure and is waited for; run prints nothing, and exits with 1 (R1)", async () => {
        const program = programs.start("telling", "waits");
        await program.line("onError got: TypeError: what failed");
        program.say("go on");
        expect(await program.end()).toMatchObject({
          code: 1,
          stdout: ["onError got: TypeError: what failed", "sent"],
          stderr: "",
        });
      });

      it.each(["fails", "rejects"])(
        "run prints the failure together with the error of onError if that %s, and exits with 1",
        async (how) => {
          const { code, stdout, stderr } = await programs.start("telling", how).end();
          expect([code, stdout]).toEqual([1, []]);
          expect(stderr).toBe(
            "ExceptionGroup: onError failed; it was called with the first of these\n" +
              "├── 1: TypeError: what failed\n" +
              "└── 2: RangeError: onError failed\n",
          );
        },
      );
    });
  });
});
