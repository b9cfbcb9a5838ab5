import { describe, expect, it } from "vitest";
import { acquire, CancelScope } from "../../src/index.js";
import { deferred } from "../../src/internal.js";

const broken = new Error("the clock is broken");

/** A scope with a deadline, on a clock that throws after `breakClock`. */
function scopeOnBreakingClock(): { readonly scope: CancelScope; readonly breakClock: () => void } {
  let isBroken = false;
  const clock = {
    now(): number {
      if (isBroken) throw broken;
      return 0;
    },
    setTimer: () => 0,
    clearTimer() {},
  };
  return {
    scope: new CancelScope({ clock, deadline: 10 }),
    breakClock: () => {
      isBroken = true;
    },
  };
}

describe("a wait whose clock throws when the wait ends", () => {
  it("scope.settle keeps its value or error if the clock throws: the scope is not known to be cancelled (C1, S17)", async () => {
    for (const settles of ["resolve", "reject"] as const) {
      const { scope, breakClock } = scopeOnBreakingClock();
      const outcome = new Error("its own");
      const promise = deferred<unknown>();
      const settling = scope.settle(promise.promise);
      breakClock();
      promise[settles](outcome);
      await expect(settles === "resolve" ? settling : settling.catch((error: unknown) => error)).resolves.toBe(outcome);
    }
  });

  it("scope.race fails with the clock's error (C1, S12)", async () => {
    const { scope, breakClock } = scopeOnBreakingClock();
    const promise = deferred<string>();
    const racing = scope.race(promise.promise);
    breakClock();
    promise.resolve("value");
    await expect(racing).rejects.toBe(broken);
  });

  it.each([true, false])(
    "acquire fails with the clock's error, and releases what was opened, with wait: %s (C1, S18)",
    async (wait) => {
      const { scope, breakClock } = scopeOnBreakingClock();
      const opening = deferred<string>();
      const released: string[] = [];
      const acquiring = acquire(
        scope,
        () => opening.promise,
        (value) => released.push(value),
        { wait },
      );
      breakClock();
      opening.resolve("connection");
      await expect(acquiring).rejects.toBe(broken);
      expect(released).toEqual(["connection"]);
    },
  );

  it.each([true, false])(
    "acquire keeps the error of open if the clock throws, with wait: %s (C1, S18)",
    async (wait) => {
      const { scope, breakClock } = scopeOnBreakingClock();
      const opening = deferred<string>();
      const acquiring = acquire(
        scope,
        () => opening.promise,
        () => {},
        { wait },
      );
      breakClock();
      const refused = new Error("refused");
      opening.reject(refused);
      await expect(acquiring).rejects.toBe(refused);
    },
  );
});

describe("scope.race at the time of a deadline", () => {
  it("scope.race rejects if the scope's deadline has passed when its promise settles: the deadline wins (C1)", async () => {
    let time = 0;
    const scope = new CancelScope({ clock: { now: () => time, setTimer: () => 0, clearTimer() {} }, deadline: 10 });
    const [value, failure] = [deferred<string>(), deferred<string>()];
    const races = [scope.race(value.promise), scope.race(failure.promise)];
    time = 10;
    value.resolve("value");
    failure.reject(new Error("failure"));
    const outcomes = await Promise.allSettled(races); // `scope.reason` would check the clock.
    expect(outcomes).toEqual([0, 1].map(() => ({ status: "rejected", reason: scope.reason })));
  });
});
