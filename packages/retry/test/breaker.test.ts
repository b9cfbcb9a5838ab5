import { getEventListeners } from "node:events";
import { hostileThenables } from "@selvage/test-support/hostile-thenables";
import { describeTree } from "@selvage/scope/debug";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  Breaker,
  type BreakerOptions,
  type BreakerTrigger,
  CancelScope,
  CircuitOpenError,
  retry,
  RetryError,
} from "../src/index.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { autojump, errorOf, HostileClock } from "./helpers.js";

const down = new Error("503");
const fail = (): Promise<never> => Promise.reject(down);

/** A breaker on virtual time, and the changes of its state. */
function make(trigger: BreakerTrigger = { failures: 2 }, options: Partial<BreakerOptions> = {}) {
  const clock = new VirtualClock();
  const scope = new CancelScope({ clock });
  const changes: string[] = [];
  const breaker = new Breaker(trigger, {
    resetAfter: 100,
    clock,
    onStateChange: (state, before) => changes.push(`${before} > ${state}`),
    ...options,
  });
  const run = (fn: (own: CancelScope) => unknown): Promise<unknown> => breaker.run(scope, fn);
  const failTimes = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) expect(await errorOf(run(fail))).toBe(down);
  };
  return { clock, scope, changes, breaker, run, failTimes };
}

/** A call that ends when the test says so. */
function pending(run: (fn: (own: CancelScope) => unknown) => Promise<unknown>) {
  let end!: { resolve: (value: unknown) => void; reject: (error: unknown) => void };
  const result = run(() => new Promise((resolve, reject) => (end = { resolve, reject })));
  return { result, ...end };
}

describe("a closed Breaker", () => {
  it("calls the function synchronously, in its own scope, and returns its value (B10)", async () => {
    const { breaker, scope, clock } = make();
    let own: CancelScope | undefined;
    const result = breaker.run(scope, (given) => ((own = given), 42));
    expectTypeOf(result).toEqualTypeOf<Promise<number>>();
    expect([own === scope, own?.clock === clock, breaker.state]).toEqual([false, true, "closed"]);
    expect(await result).toBe(42);
    scope.close(); // throws if a scope were left below it
  });

  it("passes on the error of the function, also if it throws synchronously (B10)", async () => {
    const { run, breaker } = make();
    expect(await errorOf(run(fail))).toBe(down);
    const raise = (): never => {
      throw down;
    };
    expect(await errorOf(run(raise))).toBe(down);
    expect(breaker.state).toBe("open");
  });

  it("opens after `failures` failures in a row, and a success between them starts anew (B10)", async () => {
    const { run, failTimes, breaker, changes } = make({ failures: 3 });
    await failTimes(2);
    await run(() => "fine");
    await failTimes(2);
    expect([breaker.state, changes]).toEqual(["closed", []]);
    await failTimes(1);
    expect([breaker.state, changes]).toEqual(["open", ["closed > open"]]);
  });

  it("counts failures of concurrent calls in the order in which they end (B10)", async () => {
    const { run, breaker } = make({ failures: 2 });
    const calls = [pending(run), pending(run), pending(run)];
    calls[2]!.reject(down);
    await errorOf(calls[2]!.result);
    calls[0]!.resolve(1);
    await calls[0]!.result;
    calls[1]!.reject(down);
    await errorOf(calls[1]!.result);
    expect(breaker.state).toBe("closed");
  });

  it("an error for which isFailure is false counts as a success (B10)", async () => {
    const missing = new Error("404");
    const { run, failTimes, breaker } = make({ failures: 2 }, { isFailure: (error) => error !== missing });
    await failTimes(1);
    expect(await errorOf(run(() => Promise.reject(missing)))).toBe(missing);
    await failTimes(1);
    expect(breaker.state).toBe("closed");
    await failTimes(1);
    expect(breaker.state).toBe("open");
  });

  it("an error that isFailure throws rejects the call, and is not evidence (B10)", async () => {
    const broken = new Error("broken");
    const { run, breaker } = make(
      { failures: 1 },
      {
        isFailure: () => {
          throw broken;
        },
      },
    );
    expect([await errorOf(run(fail)), breaker.state]).toEqual([broken, "closed"]);
  });

  it("a cancelled call is not evidence: by its scope, by itself, or by a time limit around it (B10)", async () => {
    const { run, breaker, clock, failTimes } = make({ failures: 2 });
    await failTimes(1);
    using parent = new CancelScope({ clock });
    const cut = errorOf(breaker.run(parent, (scope) => scope.sleep(1_000)));
    parent.cancel();
    expect(await cut).toBe(parent.reason);
    const self = await errorOf(run((scope) => (scope.cancel("enough"), scope.sleep(1))));
    expect([self.name, self.cause]).toEqual(["AbortError", "enough"]);
    const limited = errorOf(retry((own) => breaker.run(own, (scope) => scope.sleep(1_000)), { clock, timeout: 10 }));
    await clock.advance(10);
    expect(await limited).toBeInstanceOf(RetryError);
    expect(breaker.state).toBe("closed");
    await failTimes(1); // the second in a row
    expect(breaker.state).toBe("open");
  });

  it("a time limit inside the call is a failure (B10)", async () => {
    const { run, breaker, clock } = make({ failures: 1 });
    const limited = errorOf(run((parent) => retry((own) => own.sleep(1_000), { parent, timeout: 10 })));
    await clock.advance(10);
    expect([(await limited).name, breaker.state]).toEqual(["RetryError", "open"]);
  });

  it("a call that fails or returns although it was cancelled is evidence (B10, S15)", async () => {
    const { breaker, clock } = make({ failures: 1 });
    using parent = new CancelScope({ clock });
    const failed = errorOf(breaker.run(parent, (scope) => scope.sleep(1_000).catch(fail)));
    parent.cancel();
    expect([await failed, breaker.state]).toEqual([down, "open"]);
  });

  it("in a cancelled or closed scope nothing is called, whatever the state (B10, ideas 1 and 4)", async () => {
    const { breaker, scope, failTimes } = make({ failures: 1 });
    const refused = async (expected: RegExp, given: CancelScope | AbortSignal): Promise<void> => {
      expect(String(await errorOf(breaker.run(given, () => expect.unreachable())))).toMatch(expected);
    };
    const closed = new CancelScope();
    closed.close();
    using cancelled = new CancelScope();
    cancelled.cancel();
    await refused(/ClosedError/, closed);
    await refused(/AbortError/, cancelled);
    await refused(/AbortError/, AbortSignal.abort());
    await failTimes(1);
    await refused(/AbortError/, cancelled);
    scope.close();
  });

  it("a signal may be the scope, and keeps no listener (ideas 1)", async () => {
    const { breaker } = make();
    const { signal } = new AbortController();
    expect(await breaker.run(signal, () => getEventListeners(signal, "abort").length)).toBe(1);
    expect(getEventListeners(signal, "abort").length).toBe(0);
  });

  it.each(hostileThenables)("the function may return a thenable that %s (B10)", async (_, thenable, expected) => {
    const { run, breaker } = make({ failures: 1 });
    const result = run(thenable);
    if ("value" in expected) expect(await result).toEqual(expected.value);
    else expect(await errorOf(result)).toEqual(expected.error);
    expect(breaker.state).toBe("value" in expected ? "closed" : "open");
  });

  it("describeTree shows the call by the name of its function (C3)", async () => {
    const { run, scope } = make();
    let tree = "";
    await run(function payment() {
      tree = describeTree(scope);
    });
    expect(tree).toMatch(/breaker "payment"/);
  });
});

describe("a rate", () => {
  const trigger = { rate: 0.5, window: 1_000, minimum: 4 };

  it("opens a breaker above `rate`, and not at it, of at least `minimum` calls (B10)", async () => {
    const { run, failTimes, breaker } = make(trigger);
    await failTimes(3); // fewer than the minimum
    expect(breaker.state).toBe("closed");
    for (let i = 0; i < 3; i++) await run(() => 1);
    expect(breaker.state).toBe("closed"); // 3 of 6
    await run(() => 1);
    await failTimes(1); // 4 of 8: at the rate
    expect(breaker.state).toBe("closed");
    await failTimes(1); // 5 of 9
    expect(breaker.state).toBe("open");
  });

  it("with a rate of 0, the first failure opens it once there are enough calls (B10)", async () => {
    const { run, failTimes, breaker } = make({ rate: 0, window: 1_000, minimum: 3 });
    await failTimes(1);
    await run(() => 1);
    expect(breaker.state).toBe("closed");
    await failTimes(1);
    expect(breaker.state).toBe("open");
  });

  it("is exact for shares that binary fractions only approximate (B10)", async () => {
    const { run, failTimes, breaker } = make({ rate: 0.57, window: 1_000, minimum: 100 });
    for (let i = 0; i < 43; i++) await run(() => 1);
    await failTimes(57);
    expect(breaker.state).toBe("closed");
    await failTimes(1);
    expect(breaker.state).toBe("open");
  });

  it("a call leaves the window after its length (B10)", async () => {
    const { failTimes, run, breaker, clock } = make(trigger);
    await failTimes(3);
    await clock.advance(1_000);
    await run(() => 1);
    await failTimes(2); // 2 of 3, because the old ones have left
    expect(breaker.state).toBe("closed");
    await failTimes(1);
    expect(breaker.state).toBe("open");
  });

  it("calls leave the window one tenth after another (B10)", async () => {
    const { failTimes, breaker, clock } = make({ rate: 0.5, window: 1_000, minimum: 11 });
    for (let part = 0; part < 30; part++) {
      await failTimes(1); // at most 10 are in the window at any time
      await clock.advance(100);
    }
    expect(breaker.state).toBe("closed");
    await failTimes(2);
    expect(breaker.state).toBe("open");
  });

  it("counts only calls since the breaker has closed (B10)", async () => {
    const { failTimes, run, breaker, clock } = make(trigger);
    await failTimes(4);
    await clock.advance(100);
    await run(() => 1);
    expect(breaker.state).toBe("closed");
    await failTimes(3);
    expect(breaker.state).toBe("closed");
  });

  it("works on a clock that starts below 0 or far in the future (B10)", async () => {
    for (const start of [-123_456.7, 1e15]) {
      const clock = new VirtualClock({ start });
      const { failTimes, breaker } = make(trigger, { clock });
      await failTimes(4);
      expect(breaker.state).toBe("open");
      await clock.advance(100);
      expect(breaker.state).toBe("half-open");
    }
  });
});

describe("an open Breaker", () => {
  it("rejects with a CircuitOpenError, which says for how long, and calls nothing (B10)", async () => {
    const { failTimes, run, clock } = make();
    await failTimes(2);
    await clock.advance(30);
    const error = await errorOf<CircuitOpenError>(run(() => expect.unreachable()));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect([error.name, error.message, error.retryAfter]).toEqual([
      "CircuitOpenError",
      "The breaker is open for another 70 ms.",
      70,
    ]);
  });

  it("a call that began before it opened is not evidence, and is not interrupted (B10)", async () => {
    const { failTimes, run, breaker, clock } = make();
    const [late, later] = [pending(run), pending(run)];
    await failTimes(2);
    late.reject(down);
    expect(await errorOf(late.result)).toBe(down);
    await clock.advance(99);
    expect(breaker.state).toBe("open"); // the late failure has not prolonged it
    await clock.advance(1);
    expect(breaker.state).toBe("half-open");
    later.resolve("late"); // nor has the late success closed it
    expect([await later.result, breaker.state]).toEqual(["late", "half-open"]);
  });

  it("stays open for resetAfter, which may be 0 or Infinity (B10)", async () => {
    const soon = make({ failures: 1 }, { resetAfter: 0 });
    await soon.failTimes(1);
    expect(soon.breaker.state).toBe("half-open");
    const never = make({ failures: 1 }, { resetAfter: Infinity });
    await never.failTimes(1);
    await never.clock.advance(1e12);
    expect(await errorOf<CircuitOpenError>(never.run(() => 1))).toMatchObject({ retryAfter: Infinity });
  });

  it("retry does not retry it by default, and can wait for it (B10, B5)", async () => {
    const clock = autojump();
    const { breaker, failTimes, scope } = make({ failures: 1 }, { clock });
    await failTimes(1);
    expect(await errorOf(retry((own) => breaker.run(own, () => 1), { clock }))).toBeInstanceOf(CircuitOpenError);
    const value = await retry((own) => breaker.run(own, () => "fine"), {
      clock,
      retryIf: () => true,
      delayFor: (error) => (error as CircuitOpenError).retryAfter,
    });
    expect([value, clock.now(), breaker.state]).toEqual(["fine", 100, "closed"]);
    scope.close();
  });

  it("a retry whose attempts open it stops with the CircuitOpenError (B6, B10)", async () => {
    const clock = autojump();
    const { breaker } = make({ failures: 2 }, { clock });
    let calls = 0;
    const result = retry((own) => breaker.run(own, () => (calls++, fail())), {
      clock,
      attempts: 10,
      backoff: { initial: 1 },
    });
    expect(await errorOf(result)).toBeInstanceOf(CircuitOpenError);
    expect(calls).toBe(2);
  });

  it("sets no timer and keeps no process alive (B10)", async () => {
    const { failTimes, clock } = make();
    await failTimes(2);
    expect(clock.pending).toBe(0);
  });
});

describe("a half-open Breaker", () => {
  async function halfOpen(options: Partial<BreakerOptions> = {}) {
    const made = make({ failures: 2 }, options);
    await made.failTimes(2);
    await made.clock.advance(100);
    return made;
  }

  it("admits one probe by default, and refuses other calls until it has ended (B10)", async () => {
    const { run, breaker, changes } = await halfOpen();
    const probe = pending(run);
    const error = await errorOf<CircuitOpenError>(run(() => expect.unreachable()));
    expect([error.message, error.retryAfter]).toEqual(["The breaker is half-open, and its probes are taken.", 0]);
    probe.resolve("fine");
    expect([await probe.result, breaker.state]).toEqual(["fine", "closed"]);
    expect(changes).toEqual(["closed > open", "open > half-open", "half-open > closed"]);
  });

  it("a probe that fails opens it again, for the whole time (B10)", async () => {
    const { failTimes, breaker, clock, changes } = await halfOpen();
    await failTimes(1);
    await clock.advance(99);
    expect(breaker.state).toBe("open");
    await clock.advance(1);
    expect(breaker.state).toBe("half-open");
    expect(changes.slice(1)).toEqual(["open > half-open", "half-open > open", "open > half-open"]);
  });

  it("admits `probes` in all, and closes when that many have succeeded (B10)", async () => {
    const { run, breaker } = await halfOpen({ probes: 3 });
    await run(() => 1);
    const [second, third] = [pending(run), pending(run)];
    await errorOf(run(() => expect.unreachable()));
    second.resolve(2);
    await second.result;
    await errorOf(run(() => expect.unreachable()));
    expect(breaker.state).toBe("half-open");
    third.resolve(3);
    await third.result;
    expect(breaker.state).toBe("closed");
  });

  it("after a probe has failed, the other probes of that time are not evidence (B10)", async () => {
    const { run, breaker, clock } = await halfOpen({ probes: 3 });
    const probes = [pending(run), pending(run), pending(run)];
    probes[0]!.reject(down);
    await errorOf(probes[0]!.result);
    await clock.advance(100);
    expect(breaker.state).toBe("half-open");
    probes[1]!.resolve(1);
    probes[2]!.reject(down);
    await Promise.allSettled(probes.map(({ result }) => result));
    expect(breaker.state).toBe("half-open");
    const again = [pending(run), pending(run), pending(run)]; // all three probes are there
    for (const probe of again) probe.resolve(1);
    await Promise.all(again.map(({ result }) => result));
    expect(breaker.state).toBe("closed");
  });

  it("a cancelled probe is returned, however it is cancelled (B10)", async () => {
    const { run, breaker, clock } = await halfOpen();
    for (let i = 0; i < 100; i++) {
      using parent = new CancelScope({ clock });
      const probe = errorOf(breaker.run(parent, (scope) => scope.sleep(1_000)));
      parent.cancel();
      expect(await probe).toBe(parent.reason);
      await errorOf(run((own) => (own.cancel(), own.sleep(1))));
    }
    expect(breaker.state).toBe("half-open");
    await run(() => 1);
    expect(breaker.state).toBe("closed");
  });

  it("a probe is returned if isFailure throws, or the call cannot begin (B10)", async () => {
    let broken = false;
    const { run, breaker } = await halfOpen({
      isFailure: () => {
        if (broken) throw new Error("broken");
        return true;
      },
    });
    broken = true;
    expect((await errorOf(run(fail))).message).toBe("broken");
    broken = false;
    const controller = new AbortController();
    const hostile = Object.assign(controller.signal, {
      addEventListener: () => {
        throw new Error("hostile");
      },
    });
    expect(() => breaker.run(hostile, () => 1)).toThrow("hostile");
    expect(await run(() => 1)).toBe(1);
    expect(breaker.state).toBe("closed");
  });

  it("an error that is not a failure counts as a success of the probe (B10)", async () => {
    const missing = new Error("404");
    const { run, breaker } = await halfOpen({ isFailure: (error) => error !== missing });
    await errorOf(run(() => Promise.reject(missing)));
    expect(breaker.state).toBe("closed");
  });
});

describe("the callbacks and the clock of a Breaker", () => {
  it("onStateChange may use the breaker, which is in the new state (B10)", async () => {
    const results: unknown[] = [];
    const clock = new VirtualClock();
    using scope = new CancelScope({ clock });
    const breaker: Breaker = new Breaker(
      { failures: 1 },
      {
        resetAfter: 100,
        clock,
        onStateChange(state) {
          expect(breaker.state).toBe(state);
          results.push(
            state,
            breaker.run(scope, () => `called while ${state}`).catch((error: unknown) => error),
          );
        },
      },
    );
    await errorOf(breaker.run(scope, fail));
    await clock.advance(100);
    // The listener takes the only probe, so this call is refused.
    expect(await errorOf(breaker.run(scope, () => 1))).toBeInstanceOf(CircuitOpenError);
    const settled = await Promise.all(results);
    expect(settled.map(String)).toEqual([
      "open",
      "CircuitOpenError: The breaker is open for another 100 ms.",
      "half-open",
      "called while half-open",
      "closed",
      "called while closed",
    ]);
    expect(breaker.state).toBe("closed");
  });

  it("an error that onStateChange throws is reported as uncaught, and changes nothing (B10)", async () => {
    const broken = new Error("broken");
    const { failTimes, breaker } = make(
      { failures: 1 },
      {
        onStateChange: () => {
          throw broken;
        },
      },
    );
    const uncaught = await uncaughtDuring(() => failTimes(1));
    expect([uncaught, breaker.state]).toEqual([[broken], "open"]);
  });

  it("a clock that throws fails the call, and loses no probe (C1)", async () => {
    const clock = new HostileClock();
    using scope = new CancelScope();
    const breaker = new Breaker({ failures: 1 }, { resetAfter: 100, clock });
    clock.callsLeft = 0;
    expect(String(await errorOf(breaker.run(scope, fail)))).toMatch(/broken clock/); // it cannot note when it has opened
    clock.callsLeft = Infinity;
    expect(breaker.state).toBe("closed");
    await errorOf(breaker.run(scope, fail));
    clock.callsLeft = 0;
    expect(String(await errorOf(breaker.run(scope, () => expect.unreachable())))).toMatch(/broken clock/);
    clock.callsLeft = Infinity;
    clock.skipped = 100;
    expect(breaker.state).toBe("half-open");
    clock.callsLeft = 0;
    expect(String(await errorOf(breaker.run(scope, fail)))).toMatch(/broken clock/);
    clock.callsLeft = Infinity;
    expect([breaker.state, await breaker.run(scope, () => 1), breaker.state]).toEqual(["half-open", 1, "closed"]);
  });

  it("nothing is called if a deadline passes just before the call (B10, S9)", async () => {
    for (let reads = 0; reads < 10; reads++) {
      const clock = new HostileClock();
      const parent = new CancelScope({ clock, deadline: 1_000 });
      const breaker = new Breaker({ failures: 1 }, { resetAfter: 100 });
      const now = clock.now.bind(clock);
      let left = reads;
      clock.now = () => {
        if (left-- === 0) clock.skipped = 5_000; // the time passes at this reading
        return now();
      };
      await breaker
        .run(parent, () => expect(clock.skipped).toBe(0))
        .catch((error: unknown) => {
          expect(error).toBe(parent.reason);
        });
      parent.close();
    }
  });

  it("by default it uses the platform's time (C1)", async () => {
    using scope = new CancelScope();
    const breaker = new Breaker({ failures: 1 }, { resetAfter: 60_000 });
    await errorOf(breaker.run(scope, fail));
    const { retryAfter } = await errorOf<CircuitOpenError>(breaker.run(scope, () => 1));
    expect(retryAfter).toBeGreaterThan(30_000);
    expect(retryAfter).toBeLessThanOrEqual(60_000);
  });

  it("a RetryError around its failures has each of them (B6)", async () => {
    const { breaker } = make({ failures: 5 });
    const error = await errorOf<RetryError>(retry((own) => breaker.run(own, fail), { clock: autojump() }));
    expect(error.errors).toEqual([down, down, down]);
  });
});
