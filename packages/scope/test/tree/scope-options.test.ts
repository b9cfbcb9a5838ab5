import { getEventListeners } from "node:events";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, type Clock, ClosedError } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { HandClock } from "../hand-clock.js";

function construct(options: unknown): CancelScope {
  return new CancelScope(options as never);
}

describe("a clock that closes the parent while it is read", () => {
  it("a scope is rejected, and nothing stays linked, if reading the parent's clock closes the parent (S16, C1)", () => {
    let reading = (): void => {};
    const clock: Clock = { now: () => (reading(), 0), setTimer() {}, clearTimer() {} };
    const parent = new CancelScope({ clock, deadline: 10 });
    reading = () => {
      reading = () => {};
      parent.close();
    };
    expect(() => parent.cancelled).not.toThrow();
    expect(() => new CancelScope({ parent })).toThrow(ClosedError);
    expect(describeTree(parent).split("\n")).toHaveLength(1);
  });

  it.each(["now", "setTimer"] as const)("a scope whose clock throws from %s leaves nothing linked (C1)", (broken) => {
    const { signal } = new AbortController();
    for (const parent of [new CancelScope(), signal]) {
      const clock = {
        now: () => 0,
        setTimer() {},
        clearTimer() {},
        [broken]() {
          throw new Error("the clock is broken");
        },
      };
      expect(() => new CancelScope({ parent, clock, deadline: 10 })).toThrow("the clock is broken");
      if (parent instanceof CancelScope) parent.close();
    }
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

describe("new CancelScope", () => {
  it("the constructor accepts no options, an empty object, and options that are undefined (S1)", () => {
    const nothing = { parent: undefined, deadline: undefined, shield: undefined, name: undefined, clock: undefined };
    for (const scope of [undefined, {}, nothing, { parent: null }].map((options) => new CancelScope(options))) {
      expect([scope.cancelled, scope.deadline, scope.name]).toEqual([false, Infinity, undefined]);
    }
  });

  it.each([[null], [42], ["options"], [true]])("the constructor throws for the options %o", (options) => {
    expect(() => construct(options)).toThrow(TypeError);
    expect(() => construct(options)).toThrow(/The options must be an object, got /);
  });

  it.each([
    ["parent", {}, "a CancelScope or an AbortSignal, got an object"],
    ["parent", 42, "a CancelScope or an AbortSignal, got 42"],
    ["parent", () => {}, "a CancelScope or an AbortSignal, got a function"],
    ["parent", new AbortController(), "a CancelScope or an AbortSignal, got an object"],
    ["shield", 1, "a boolean, got 1"],
    ["shield", "true", 'a boolean, got "true"'],
    ["name", 42, "a string, got 42"],
    ["name", Symbol("name"), "a string, got a symbol"],
    ["clock", {}, "a Clock (now, setTimer, clearTimer), got an object"],
    ["clock", Date, "a Clock (now, setTimer, clearTimer), got a function"],
    ["clock", { now: () => 0, setTimer: () => 0 }, "a Clock (now, setTimer, clearTimer), got an object"],
  ])(
    "the constructor throws for the %s %o, and states the expected and the received value",
    (option, value, message) => {
      expect(() => construct({ [option]: value })).toThrow(TypeError);
      expect(() => construct({ [option]: value })).toThrow(`The option "${option}" must be ${message}.`);
    },
  );

  it.each([[NaN], ["10"], [null], [new Date()]])("the constructor throws for the deadline %o (S10)", (deadline) => {
    expect(() => construct({ deadline })).toThrow(TypeError);
    expect(() => construct({ deadline })).toThrow(/A deadline must be a number of milliseconds, got /);
  });

  it.each([{ deadline: NaN }, { shield: 1 }, { name: 1 }, { clock: {} }])(
    "the constructor leaves no link to the parent and no listener on its signal if it throws for %o (S8, S16)",
    (wrong) => {
      const parent = new CancelScope();
      const { signal } = new AbortController();
      expect(() => construct({ parent, ...wrong })).toThrow(TypeError);
      expect(() => construct({ parent: signal, ...wrong })).toThrow(TypeError);
      parent.close();
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
    },
  );

  it("the constructor leaves nothing behind if the parent is closed (S16)", () => {
    const parent = new CancelScope();
    parent.close();
    const clock = new HandClock();
    expect(() => new CancelScope({ parent, clock, deadline: 10 })).toThrow(ClosedError);
    expect(clock.armed).toBe(0);
  });
});

describe("the clock of a scope", () => {
  it("a scope's clock is the given one, or its parent's, also through a signal (C1)", () => {
    const clock = new VirtualClock();
    const root = new CancelScope({ clock });
    const child = new CancelScope({ parent: root });
    const viaSignal = new CancelScope({ parent: child.signal });
    const shielded = new CancelScope({ parent: viaSignal, shield: true });
    expect([root, child, viaSignal, shielded].map((scope) => scope.clock === clock)).toEqual([true, true, true, true]);
  });

  it("a scope with its own clock passes it on to the scopes below (C1)", async () => {
    const [above, below] = [new VirtualClock(), new VirtualClock({ start: 1_000 })];
    const root = new CancelScope({ clock: above });
    const child = new CancelScope({ parent: root, clock: below });
    const grandchild = new CancelScope({ parent: child, deadline: 1_010 });
    expect(grandchild.clock).toBe(below);
    await above.advance(5_000);
    expect(grandchild.cancelled).toBe(false);
    await below.advance(10);
    expect(grandchild.reason?.scope).toBe(grandchild);
  });

  it("a clock need not be an instance of a class (C1)", () => {
    const clock = { now: () => 7, setTimer: () => 0, clearTimer: () => {} };
    expect(new CancelScope({ clock, deadline: 7 }).cancelled).toBe(true);
  });
});
