import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkUncaught, uncaughtListeners } from "../src/uncaught.js";
import { noListeners, Programs } from "./programs.js";

let programs: Programs;

beforeAll(async () => {
  programs = await Programs.translate();
}, 60_000);

afterAll(() => {
  programs.remove();
});

describe("an uncaught error", { timeout: 30_000 }, () => {
  it.each(["throw", "reject"])(
    "an uncaught error cancels the main, is printed when the main has unwound, and the exit code is 1: %s (R3)",
    async (how) => {
      const program = await programs.obeying();
      program.say(`${how} uncaught`);
      await program.line("cancelled by TypeError: uncaught");
      program.say("say cleans up");
      await program.line("cleans up");
      program.say("unwind");
      expect(await program.end()).toMatchObject({
        code: 1,
        stdout: [expect.any(String), "cancelled by TypeError: uncaught", "cleans up", `exit 1, ${noListeners}`],
        stderr: "TypeError: uncaught\n",
      });
    },
  );

  it("an uncaught error lets the process exit with 1 although the main returns a value (R3)", async () => {
    const program = await programs.obeying();
    program.say("code 3");
    program.say("throw uncaught");
    await program.line("cancelled by TypeError: uncaught");
    program.say("return value");
    const { code, stdout, stderr } = await program.end();
    expect([code, stdout.at(-1), stderr]).toEqual([1, `exit 1, ${noListeners}`, "TypeError: uncaught\n"]);
  });

  it("an uncaught error is printed with every later one, and with the failure of the main (R3)", async () => {
    const program = await programs.obeying();
    program.say("throw one");
    await program.line("cancelled by TypeError: one");
    program.say("throw two\nreject three\nsay next");
    await program.line("next");
    program.say("fail the main");
    const { code, stderr } = await program.end();
    expect(code).toBe(1);
    expect(stderr.split("\n")).toEqual([
      "ExceptionGroup: 4 errors ended the program",
      "├── 1: TypeError: one",
      "├── 2: TypeError: two",
      "├── 3: TypeError: three",
      "└── 4: Error: the main",
      "",
    ]);
  });

  it("an uncaught error is printed once, however often it is thrown, also if the main fails with it (R3)", async () => {
    const program = await programs.obeying();
    program.say("same\nsame");
    await program.line("cancelled by RangeError: the same");
    program.say("fail the same");
    expect(await program.end()).toMatchObject({ code: 1, stderr: "RangeError: the same\n" });
  });

  it("all uncaught errors are printed, however many there are (R3)", async () => {
    const program = await programs.obeying();
    program.say("many");
    await program.line("cancelled by Error: number 0");
    program.say("unwind");
    const { stderr } = await program.end();
    expect(stderr.match(/Error: number \d+/g)).toHaveLength(150);
  });

  it("an error that a listener of the cancelled scope throws counts as uncaught (R3, S4)", async () => {
    const program = await programs.obeying();
    program.say("oncancel raise a listener fails");
    program.say("throw first");
    await program.line("cancelled by TypeError: first");
    program.say("unwind");
    const { code, stderr } = await program.end();
    expect(code).toBe(1);
    expect(stderr).toContain("1: TypeError: first\n└── 2: TypeError: a listener fails");
  });

  it("an error that is rejected in the turn in which the main returns counts as uncaught (R3)", async () => {
    const program = await programs.obeying();
    program.say("return value\nreject in the last turn");
    const { code, stdout, stderr } = await program.end();
    expect([code, stdout.at(-1), stderr]).toEqual([1, `exit 1, ${noListeners}`, "TypeError: in the last turn\n"]);
  });

  it("an error after the main's end is left to the platform (R3)", async () => {
    const program = await programs.obeying();
    program.say("serve");
    program.say("return value");
    await program.line(`returned value, ${noListeners}`);
    program.say("throw after the end");
    const { code, stderr } = await program.end();
    expect(code).toBe(1);
    expect(stderr).toMatch(/TypeError: after the end[^]*Node\.js v/);
  });

  describe("if the main does not end", () => {
    it("an uncaught error is printed after the timeout, and the process exits with 1 (R3)", async () => {
      const program = await programs.obeying({ timeout: 30 });
      program.say("throw one\nreject two");
      const { code, stdout, stderr } = await program.end();
      expect([code, stdout.at(-1)]).toEqual([1, `exit 1, ${noListeners}`]);
      expect(stderr).toBe("ExceptionGroup: 2 errors ended the program\n├── 1: TypeError: one\n└── 2: TypeError: two\n");
    });

    it("an uncaught error is printed at once with a timeout of 0 (R3)", async () => {
      const program = await programs.obeying({ timeout: 0 });
      program.say("throw one");
      expect(await program.end()).toMatchObject({ code: 1, stderr: "TypeError: one\n" });
    });

    it("an uncaught error is printed after 10 s by default (R3)", async () => {
      const program = await programs.obeying();
      program.say("fake\nthrow one");
      const { code, stdout, stderr } = await program.end();
      expect([code, stderr]).toEqual([1, "TypeError: one\n"]);
      expect(stdout).toContain("timer of 10 s");
    });

    it("onError gets an uncaught error after the timeout, and is waited for (R3)", async () => {
      const program = await programs.obeying({ timeout: 30, onError: "later" });
      program.say("throw one");
      const { code, stdout, stderr } = await program.end();
      expect([code, stderr]).toEqual([1, ""]);
      expect(stdout.slice(-3)).toEqual(["onError got: TypeError: one", "sent", `exit 1, ${noListeners}`]);
    });

    it("an uncaught error is printed if onError does not end within the timeout either (R3)", async () => {
      const program = await programs.obeying({ timeout: 30, onError: "waits" });
      program.say("throw one");
      const { code, stdout, stderr } = await program.end();
      expect([code, stderr]).toEqual([1, "TypeError: one\n"]);
      expect(stdout.slice(-2)).toEqual(["onError got: TypeError: one", `exit 1, ${noListeners}`]);
    });
  });

  describe("with onError", () => {
    it("onError gets an uncaught error and is waited for, and nothing is printed (R3)", async () => {
      const program = await programs.obeying({ onError: "waits" });
      program.say("throw one");
      await program.line("cancelled by TypeError: one");
      program.say("unwind");
      await program.line("onError got: TypeError: one");
      program.say("send");
      const { code, stdout, stderr } = await program.end();
      expect([code, stdout.at(-1), stderr]).toEqual([1, `exit 1, ${noListeners}`, ""]);
    });

    it("onError gets one group of an uncaught error and all others (R3)", async () => {
      const program = await programs.obeying({ onError: "waits" });
      program.say("throw one");
      await program.line("cancelled by TypeError: one");
      program.say("fail the main");
      await program.line("onError got: TypeError: one,Error: the main");
      program.say("send");
      expect(await program.end()).toMatchObject({ code: 1, stderr: "" });
    });

    it("an uncaught error is printed if it comes while onError handles the others (R3)", async () => {
      const program = await programs.obeying({ onError: "waits" });
      program.say("fail the main");
      await program.line("onError got: Error: the main");
      program.say("throw late\nreject later\nsay next");
      await program.line("next");
      program.say("send");
      const { code, stderr } = await program.end();
      expect(code).toBe(1);
      expect(stderr).toBe(
        "ExceptionGroup: 2 errors ended the program\n├── 1: TypeError: late\n└── 2: TypeError: later\n",
      );
    });

    it("an uncaught error is printed if onError causes it without waiting (R3)", async () => {
      const program = await programs.obeying({ onError: "careless" });
      program.say("fail the main");
      expect(await program.end()).toMatchObject({ code: 1, stderr: "RangeError: not awaited\n" });
    });

    it("an uncaught error is printed together with what onError throws (R3)", async () => {
      const program = await programs.obeying({ onError: "fails" });
      program.say("throw one");
      await program.line("cancelled by TypeError: one");
      program.say("unwind");
      const { code, stderr } = await program.end();
      expect(code).toBe(1);
      expect(stderr).toBe(
        "ExceptionGroup: onError failed; it was called with the first of these\n" +
          "├── 1: TypeError: one\n└── 2: RangeError: onError failed\n",
      );
    });
  });

  describe("and a signal", () => {
    it("the exit code is 1 if the signal came first (R3)", async () => {
      const program = await programs.obeying();
      program.send("SIGTERM");
      await program.line("cancelled by SIGTERM");
      program.say("throw meanwhile\nsay next");
      await program.line("next");
      program.say("unwind");
      expect(await program.end()).toMatchObject({ code: 1, stderr: "TypeError: meanwhile\n" });
    });

    it("the exit code is 1 if the error came first, and the next signal counts as the first (R3)", async () => {
      const program = await programs.obeying({ signals: ["SIGINT"], grace: 0 }, { listeners: "1 0 1 1" });
      program.say("throw one");
      await program.line("cancelled by TypeError: one");
      program.send("SIGINT");
      await program.error("Still running 0 ms after SIGINT");
      program.say("unwind");
      const { code, stderr } = await program.end();
      expect(code).toBe(1);
      expect(stderr.match(/^TypeError: one$/gm)).toHaveLength(1);
    });

    it("a second signal prints the errors and exits with 1 at once (R3)", async () => {
      const program = await programs.obeying({ grace: 0 });
      program.say("throw one");
      await program.line("cancelled by TypeError: one");
      program.send("SIGINT");
      await program.error("Still running 0 ms after SIGINT");
      program.send("SIGTERM");
      const { code, stdout, stderr } = await program.end();
      expect([code, stdout.at(-1)]).toEqual([1, `exit 1, ${noListeners}`]);
      expect(stderr).toMatch(/\nTypeError: one\n$/);
    });

    it("the exit code is 1 if both come before the event loop turns (R3)", async () => {
      const program = await programs.obeying();
      program.say("both");
      await program.line("cancelled by TypeError: at the same time");
      program.say("unwind");
      expect(await program.end()).toMatchObject({ code: 1, stderr: "TypeError: at the same time\n" });
    });

    it("an uncaught error and a signal share one timeout, which the first of them begins (R3)", async () => {
      const program = await programs.obeying({ timeout: 30, onError: "later" });
      program.say("both");
      const { code, stdout, stderr } = await program.end();
      expect([code, stderr]).toEqual([1, ""]);
      expect(stdout.slice(-3)).toEqual(["onError got: TypeError: at the same time", "sent", `exit 1, ${noListeners}`]);
    });

    it("an uncaught error is printed at the timeout after the signal, when the process exits with 1 (R3)", async () => {
      const program = await programs.obeying({ timeout: 30 });
      program.say("oncancel raise meanwhile\nsay next");
      await program.line("next");
      program.send("SIGTERM");
      expect(await program.end()).toMatchObject({ code: 1, stderr: "TypeError: meanwhile\n" });
    });
  });
});

describe("the option uncaught", { timeout: 30_000 }, () => {
  it('"crash" leaves both events to the platform (R3)', async () => {
    const program = await programs.obeying({ uncaught: "crash" }, { listeners: "1 1 0 0" });
    program.say("throw uncaught");
    const { code, stdout, stderr } = await program.end();
    expect([code, stdout.slice(1)]).toEqual([1, ["exit 1, listeners 1 1 0 0"]]);
    expect(stderr).toMatch(/TypeError: uncaught[^]*Node\.js v/);
  });

  it.each([
    ["uncaughtException", "throw", "1 1 1 1"],
    ["unhandledRejection", "reject", "1 1 1 1"],
  ])("the runner leaves %s alone by default if the program listens to it (R3)", async (event, how, listeners) => {
    const program = await programs.obeying({}, { own: [event], listeners });
    program.say(`${how} handled`);
    await program.line("own listener: TypeError: handled");
    program.say("return value");
    const { code, stdout } = await program.end();
    expect([code, stdout[2]]).toEqual([0, expect.stringMatching(/^returned value/)]);
  });

  it.each([
    ["uncaughtException", "reject"],
    ["unhandledRejection", "throw"],
  ])("the runner handles the other event although the program listens to %s (R3)", async (event, how) => {
    const program = await programs.obeying({}, { own: [event] });
    program.say(`${how} uncaught`);
    await program.line("cancelled by TypeError: uncaught");
    program.say("return value");
    expect(await program.end()).toMatchObject({ code: 1, stderr: "TypeError: uncaught\n" });
  });

  it('"cancel" handles also events that the program listens to (R3)', async () => {
    const own = ["uncaughtException", "unhandledRejection"];
    const program = await programs.obeying({ uncaught: "cancel" }, { own, listeners: "1 1 2 2" });
    program.say("throw one");
    await program.line("own listener: TypeError: one");
    program.say("return value");
    const { code, stdout, stderr } = await program.end();
    expect([code, stderr]).toEqual([1, "TypeError: one\n"]);
    expect(stdout).toContain("cancelled by TypeError: one");
    expect(stdout.at(-1)).toBe("exit 1, listeners 0 0 1 1");
  });
});

describe("uncaughtListeners", () => {
  const count = (): number[] =>
    ["uncaughtException", "unhandledRejection"].map((event) => process.listenerCount(event));

  it("uncaughtListeners adds nothing itself, and makes a listener for each event without one (R3)", () => {
    const before = count();
    expect(uncaughtListeners("crash", () => {})).toEqual([]);
    expect(uncaughtListeners("cancel", () => {}).map(({ event }) => event)).toEqual([
      "uncaughtException",
      "unhandledRejection",
    ]);
    // The test runner listens to both.
    expect(uncaughtListeners(undefined, () => {})).toEqual([]);
    expect(count()).toEqual(before);
  });

  it("uncaughtListeners passes on the error alone (R3)", () => {
    const passed: unknown[][] = [];
    const [exception] = uncaughtListeners("cancel", (...values) => passed.push(values));
    Reflect.apply(exception!.listener, undefined, ["error", "uncaughtException"]);
    expect(passed).toEqual([["error"]]);
  });
});

describe("checkUncaught", () => {
  it("checkUncaught accepts the two policies, and undefined (R3)", () => {
    for (const policy of ["cancel", "crash", undefined]) expect(() => checkUncaught(policy)).not.toThrow();
  });

  it.each([
    ["explode", RangeError, '"explode"'],
    ["", RangeError, '""'],
    [null, TypeError, "null"],
    [true, TypeError, "true"],
  ])("checkUncaught refuses %j (R3)", (policy, kind, got) => {
    expect(() => checkUncaught(policy)).toThrow(
      new kind(`The option "uncaught" must be "cancel" or "crash", got ${got}.`),
    );
  });
});
