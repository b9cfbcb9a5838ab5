import { describe, expect, it } from "vitest";
import { addListeners, removeListeners } from "../src/listeners.js";
import { checkSignals, exitCodeOf, signalListeners, type SignalName } from "../src/signals.js";

describe("checkSignals", () => {
  it("checkSignals copies the names, each once, in their order", () => {
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
  ])("checkSignals refuses %j, which is not an array of names (R1)", (signals, message) => {
    expect(() => checkSignals(signals)).toThrow(new TypeError(message));
  });

  it.each(["INT", "sigint", "SIGWHAT", "toString", ""])(
    "checkSignals refuses %j, which is not the name of a signal (R1)",
    (name) => {
      expect(() => checkSignals(["SIGINT", name])).toThrow(
        new RangeError(`There is no signal ${JSON.stringify(name)} on this system: use a name such as "SIGINT".`),
      );
    },
  );

  it.each(["SIGKILL", "SIGSTOP"])("checkSignals refuses %s, which no process can handle (R1)", (name) => {
    expect(() => checkSignals([name])).toThrow(
      new RangeError(`${name} cannot be handled: the system ends or stops the process itself. Leave it out.`),
    );
  });
});

describe("exitCodeOf", () => {
  it.each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("exitCodeOf returns 128 + n: %s, %i (R1)", (signal, code) => {
    expect(exitCodeOf(signal)).toBe(code);
  });
});

describe("signalListeners", () => {
  it("signalListeners call back with the name of every signal that arrives (R1)", async () => {
    const arrived: string[] = [];
    let notify = (): void => {};
    const listeners = signalListeners(["SIGUSR2", "SIGWINCH"], (signal) => {
      arrived.push(signal);
      notify();
    });
    addListeners(listeners);
    for (const signal of ["SIGUSR2", "SIGWINCH", "SIGUSR2"] as const) {
      const notified = new Promise<void>((resolve) => (notify = resolve));
      process.kill(process.pid, signal);
      await notified;
    }
    removeListeners(listeners);
    expect(arrived).toEqual(["SIGUSR2", "SIGWINCH", "SIGUSR2"]);
    expect([process.listenerCount("SIGUSR2"), process.listenerCount("SIGWINCH")]).toEqual([0, 0]);
  });
});
