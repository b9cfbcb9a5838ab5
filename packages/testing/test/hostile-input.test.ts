/**
 * Input that callers should not pass, but some will. Each entry point says what is wrong, or handles it correctly, and
 * loses nothing.
 */
import { describe, expect, it } from "vitest";
import { explore, sequence, VirtualClock } from "../src/index.js";

const raise = (): never => {
  throw new Error("hostile");
};

const noNumbers: [string, unknown][] = [
  ["null", null],
  ["NaN", NaN],
  ["a string", "5"],
  ["a bigint", 5n],
  ["an object", {}],
];

describe("a VirtualClock", () => {
  it.each(noNumbers)("a clock cannot be created with a start, a threshold or a seed that is %s", (_, value) => {
    for (const name of ["start", "autojumpThreshold", "seed"]) {
      expect(() => new VirtualClock({ [name]: value })).toThrow(/must be/);
    }
  });

  it.each(noNumbers)("a clock refuses times that are %s, and its time does not change", (_, value) => {
    const clock = new VirtualClock({ start: 7 });
    const time = value as number;
    for (const call of [() => clock.advance(time), () => clock.advanceTo(time), () => clock.setTimer(raise, time)]) {
      expect(call).toThrow(TypeError);
    }
    expect(() => clock.runAll({ limit: time })).toThrow(/must be a whole number/);
    expect([clock.now(), clock.pending]).toEqual([7, 0]);
  });

  it.each(["start", "autojump", "autojumpThreshold", "seed"])(
    "a clock passes on what reading its option %s throws",
    (name) => {
      expect(() => new VirtualClock(Object.defineProperty({}, name, { get: raise }))).toThrow("hostile");
    },
  );

  it("a clock fires all timers although each throws, sets others and clears them, and rejects with what was thrown", async () => {
    const clock = new VirtualClock();
    const log: number[] = [];
    for (let delay = 1; delay <= 3; delay++) {
      const other = clock.setTimer(() => log.push(-delay), 10);
      clock.setTimer(() => {
        log.push(delay);
        clock.clearTimer(other);
        clock.clearTimer(other);
        clock.setTimer(() => log.push(delay * 10), 1);
        throw new Error(`thrown ${delay}`);
      }, delay);
    }
    await expect(clock.advance(20)).rejects.toThrow();
    expect(log).toEqual([1, 2, 10, 3, 20, 30]);
    expect([clock.now(), clock.pending]).toEqual([20, 0]);
  });
});

describe("a run and an exploration", () => {
  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["a promise", Promise.resolve()],
    ["an object without a prototype", Object.create(null)],
  ])("run and explore refuse a body that is %s", (_, body) => {
    expect(() => new VirtualClock().run(body as () => void)).toThrow(/must be a function, got/);
    expect(() => explore(body as () => void)).toThrow(/must be a function, got/);
  });

  it.each([0, -1, 1.5, NaN, "5", null])("run and explore refuse a limit of %s", (limit) => {
    expect(() => new VirtualClock().run(() => {}, { limit: limit as number })).toThrow(/must be/);
    expect(() => explore(() => {}, { limit: limit as number })).toThrow(/must be/);
  });

  it.each<[string, () => unknown]>([
    ["undefined", () => undefined],
    ["a symbol", () => Symbol("thrown")],
    ["a frozen error", () => Object.freeze(new Error("frozen"))],
  ])("run and explore pass on %s: bare, and as the cause of the error that names the seed", async (_, make) => {
    const value = make();
    const body = (): never => {
      throw value;
    };
    const found: unknown[] = [];
    await new VirtualClock().run(body).catch((error: unknown) => found.push(error));
    await explore(body, { seeds: 2 }).catch((error: unknown) => found.push((error as Error).cause));
    expect(found.map((error) => Object.is(error, value))).toEqual([true, true]);
  });

  it.each<[string, unknown]>([
    ["0", 0],
    ["NaN", NaN],
    ["an empty array", []],
    ["an array of strings", ["1"]],
  ])("explore refuses seeds that are %s", (_, seeds) => {
    expect(() => explore(() => {}, { seeds: seeds as number })).toThrow(/seed/);
  });
});

describe("a sequence", () => {
  it.each([0, -1, 1.5, NaN, "5", null, {}])("a sequence cannot be created with %s points", (points) => {
    expect(() => sequence(points as number)).toThrow(RangeError);
  });

  it.each([-1, 1.5, NaN, "0", null, undefined])(
    "a sequence refuses a step of %s, and all waiting callers get the error",
    async (point) => {
      const step = sequence(3);
      const waiting = step(2);
      expect(() => step(point as number)).toThrow(/must be a whole number/);
      await expect(waiting).rejects.toThrow(/must be a whole number/);
    },
  );
});

describe("a value that cannot be printed", () => {
  const refusing: unknown = new Proxy(
    {},
    {
      get: () => raise(),
      has: () => raise(),
      getPrototypeOf: () => raise(),
    },
  );

  it("a value that cannot be printed is still reported as a wrong option", () => {
    const bare = Object.create(null) as never;
    for (const options of [{ start: bare }, { autojumpThreshold: bare }, { seed: bare }]) {
      expect(() => new VirtualClock(options)).toThrow(/got an object\.$/);
    }
    expect(() => new VirtualClock(null as never)).toThrow("The options must be an object, got null.");
  });

  it.each([refusing, Object.create(null)])(
    "a value that cannot be printed is the cause of a SeedError if a body throws it",
    async (thrown) => {
      const end: unknown = await explore(() => Promise.reject(thrown as Error), { seeds: 1 }).catch(
        (error: unknown) => error,
      );
      expect((end as Error).name).toBe("SeedError");
      expect(Object.is((end as Error).cause, thrown)).toBe(true);
    },
  );
});
