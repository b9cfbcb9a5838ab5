import { settled, VirtualClock } from "@selvage/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Supervisor } from "../src/index.js";
import { raise, thrown } from "./hostile.js";
import { runProgram } from "@selvage/test-support/run-program";
import { uncaughtDuring } from "@selvage/test-support/uncaught";

const printed = vi.fn<(...args: unknown[]) => void>();
beforeEach(() => {
  printed.mockReset();
  vi.spyOn(console, "error").mockImplementation(printed);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** What was printed, without the frames of stacks. Each print must be one string. */
function prints(): unknown[] {
  return printed.mock.calls.map((args) => {
    expect(args).toHaveLength(1);
    return String(args[0]).replace(/\n\s+at .*/g, "");
  });
}

describe("a supervisor without onError", () => {
  it("a supervisor without onError prints each failure as one string, with the names of task and supervisor (V2)", async () => {
    const supervisor = new Supervisor({ name: "server" });
    supervisor.createTask(() => Promise.reject(new Error("boom")), { name: "request 7" });
    supervisor.createTask(async function refresh() {
      throw new TypeError("no token");
    });
    await supervisor.join();
    expect(prints()).toEqual([
      'Task "request 7" of supervisor "server" failed:\nError: boom',
      'Task "refresh" of supervisor "server" failed:\nTypeError: no token',
    ]);
  });

  it("a supervisor without onError prints a failure if neither task nor supervisor has a name (V2)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask(() => Promise.reject("boom"));
    await supervisor.join();
    expect(prints()).toEqual(['Task "anonymous" of a supervisor failed:\n"boom"']);
  });

  it("a supervisor without onError prints the stack, the causes and the members of a group (V2, E7)", async () => {
    const supervisor = new Supervisor();
    const error = new AggregateError([new RangeError("one"), "two"], "both", { cause: new Error("root") });
    supervisor.createTask(() => Promise.reject(error), { name: "task" });
    await supervisor.join();
    expect(String(printed.mock.calls[0]![0])).toContain("print.test.ts");
    for (const part of ["AggregateError: both", "cause: Error: root", "1: RangeError: one", '2: "two"']) {
      expect(prints()[0]).toContain(part);
    }
  });

  it("a failure is printed without colour, also where standard output is a terminal (V2)", async () => {
    vi.stubGlobal("process", { env: {}, stdout: { isTTY: true } });
    const supervisor = new Supervisor();
    supervisor.createTask(() => Promise.reject("boom"), { name: "task" });
    await supervisor.join();
    vi.unstubAllGlobals();
    expect(prints()).toEqual(['Task "task" of a supervisor failed:\n"boom"']);
  });

  it("a supervisor without onError prints a failure synchronously, before join resolves (V2)", async () => {
    const supervisor = new Supervisor();
    let atCallback = -1;
    let atNextMicrotask = -1;
    supervisor
      .createTask(() => Promise.reject("boom"))
      .addDoneCallback(() => {
        atCallback = printed.mock.calls.length;
        queueMicrotask(() => (atNextMicrotask = printed.mock.calls.length));
      });
    await supervisor.join();
    expect([atCallback, atNextMicrotask]).toEqual([0, 1]);
  });

  it("a supervisor without onError prints once per failure, and nothing for a cancelled task (V2)", async () => {
    await using supervisor = new Supervisor();
    supervisor.createTask((scope) => scope.sleep(Infinity));
    await Promise.allSettled([supervisor.createTask(() => Promise.reject("boom"))]);
    await supervisor.shutdown();
    expect(printed).toHaveBeenCalledTimes(1);
  });

  it("a supervisor without onError prints which run failed, and when the task is started again (V2, V9)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    const backoff = { initial: 99.5, factor: 2, jitter: false };
    const restart = { when: "on-failure", maxRestarts: 1, within: 1_000, backoff } as const;
    supervisor.createTask(() => Promise.reject(new Error("no database")), { name: "poll", restart });
    await supervisor.join();
    expect(prints()).toEqual([
      'Task "poll" of a supervisor failed, and is started again in 100 ms:\nError: no database',
      'Task "poll" of a supervisor failed in run 2:\nError: no database',
      expect.stringMatching(/^Task "poll" of a supervisor failed in run 2:\nRestartLimitError: .*"poll"/) as string,
    ]);
  });

  it("a supervisor without onError escapes names and messages, so they cannot forge a line of the log (V2, E7)", async () => {
    const supervisor = new Supervisor({ name: "a\nb" });
    supervisor.createTask(() => Promise.reject(new Error("one\ntwo \u202e\x1b[2J %s %d")), { name: "x\r\n\x1b[31m" });
    await supervisor.join();
    expect(prints()).toEqual([
      'Task "x\\r\\n\\x1b[31m" of supervisor "a\\nb" failed:\nError: one\\ntwo \\u202e\\x1b[2J %s %d',
    ]);
  });

  it("a supervisor without onError prints at most a megabyte of an endless error (V2, E7)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask(() => Promise.reject(new Error("x".repeat(10_000_000))));
    await supervisor.join();
    expect(String(printed.mock.calls[0]![0]).length).toBeLessThan(1_050_000);
  });

  it.each(thrown)(
    "a supervisor without onError prints %s, or names it, and continues (V2)",
    async (_, make, expected) => {
      const supervisor = new Supervisor();
      const value = make();
      const sibling = supervisor.createTask((scope) => scope.checkpoint().then(() => "went on"));
      const uncaught = await uncaughtDuring(async () => {
        supervisor.createTask(
          () => {
            throw value;
          },
          { name: "task" },
        );
        expect(await sibling).toBe("went on");
        await supervisor.join();
      });
      expect(uncaught).toEqual([]);
      expect(prints()).toHaveLength(1);
      const [title, first] = String(prints()[0]).split("\n");
      expect(title).toBe('Task "task" of a supervisor failed:');
      expect(first).toContain(expected);
    },
  );

  it("a supervisor without onError names a task whose name is hostile (V2)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask(Object.defineProperty(async () => Promise.reject("boom"), "name", { get: raise }));
    await supervisor.join();
    expect(prints()).toEqual(['Task "anonymous" of a supervisor failed:\n"boom"']);
  });

  it("a supervisor without onError reports as uncaught what console.error throws, and continues (V2)", async () => {
    printed.mockImplementation(() => {
      throw new Error("stderr is closed");
    });
    const supervisor = new Supervisor();
    const uncaught = await uncaughtDuring(async () => {
      supervisor.createTask(() => Promise.reject("boom"));
      await settled();
      expect(await supervisor.createTask(() => "went on")).toBe("went on");
    });
    expect(uncaught).toEqual([new Error("stderr is closed")]);
    await supervisor.shutdown();
  });
});

describe("a process in which a task fails with a hostile error", () => {
  it("the process prints each failure, and the sibling tasks run to their end (V2)", async () => {
    const end = await runProgram(new URL("programs/hostile-errors.ts", import.meta.url));
    expect(end.stdout).toBe("sibling: went on\n8 failed, 1 completed\n");
    expect(end.stderr.match(/^Task "odd \d" of a supervisor failed:$/gm)).toHaveLength(8);
    expect(end.code).toBe(0);
  }, 150_000);
});
