import { describe, expect, it } from "vitest";
import { checkSignals, exitCodeOf, listen, type SignalName } from "../src/signals.js";

describe("checkSignals", () => {
  it("copies the names, each once, in their order", () => {
    const given: SignalName[] = ["SIGTERM", "SIGINT", "SIGTERM"];
    const checked = checkSignals(given);
    given.push("SIGHUP");
    expect(checked).toEqual(["SIGTERM", "SIGINT"]);
    expect(checkSignals([])).toEqual([]);
  });

  it.each([
    ["SIGINT", 'The option "signals" must be an array of names of signals, got "SIGINT".'],
    [null, 'The option "signals" must be an array of names of signals, got null.'],
    [[2], 'The option "signals" must name signals, such as "SIGINT", got 2.'],
  ])("refuses %j as no array of names (R1)", (signals, message) => {
    expect(() => checkSignals(signals)).toThrow(new TypeError(message));
  });

  it.each(["INT", "sigint", "SIGWHAT", "toString", ""])("refuses %j, which no signal is called (R1)", (name) => {
    expect(() => checkSignals(["SIGINT", name])).toThrow(
      new RangeError(`There is no signal ${JSON.stringify(name)} on this system: name one as "SIGINT" is named.`),
    );
  });

  it.each(["SIGKILL", "SIGSTOP"])("refuses %s, which no process can handle (R1)", (name) => {
    expect(() => checkSignals([name])).toThrow(
      new RangeError(`${name} cannot be handled: it ends or stops a process unasked. Leave it out.`),
    );
  });
});

describe("exitCodeOf", () => {
  it.each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("is 128 + n: %s, %i (R1)", (signal, code) => {
    expect(exitCodeOf(signal)).toBe(code);
  });
});

describe("listen", () => {
  it("tells of every signal that comes, by its name, until it is stopped (R1)", async () => {
    const arrived: string[] = [];
    let tell = (): void => {};
    const stop = listen(["SIGUSR2", "SIGWINCH"], (signal) => {
      arrived.push(signal);
      tell();
    });
    for (const signal of ["SIGUSR2", "SIGWINCH", "SIGUSR2"] as const) {
      const told = new Promise<void>((resolve) => (tell = resolve));
      process.kill(process.pid, signal);
      await told;
    }
    stop();
    expect(arrived).toEqual(["SIGUSR2", "SIGWINCH", "SIGUSR2"]);
    expect([process.listenerCount("SIGUSR2"), process.listenerCount("SIGWINCH")]).toEqual([0, 0]);
  });

  it("leaves nothing behind where the platform refuses a signal (R1)", () => {
    expect(() => listen(["SIGUSR2", "SIGKILL"], () => {})).toThrow("EINVAL");
    expect(process.listenerCount("SIGUSR2")).toBe(0);
  });

  it("leaves other listeners alone", () => {
    const own = (): void => {};
    process.on("SIGUSR2", own);
    listen(["SIGUSR2"], () => {})();
    expect(process.listeners("SIGUSR2")).toEqual([own]);
    process.off("SIGUSR2", own);
  });
});
