import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { type RestartPolicy, Supervisor } from "../src/index.js";
import { checkRestart } from "../src/restart-options.js";
import { failing, makeSupervisor, policy } from "./restarts.js";

const backoff = { initial: 1, factor: 2, max: 10, jitter: false };

/** The same policy, and how often each property was read. */
function counted<T extends object>(object: T): { object: T; reads: Record<string, number> } {
  const reads: Record<string, number> = {};
  const proxy = new Proxy(object, {
    get(target, key) {
      reads[String(key)] = (reads[String(key)] ?? 0) + 1;
      return Reflect.get(target, key) as unknown;
    },
  });
  return { object: proxy, reads };
}

function inheriting<T extends object>(object: T): T {
  return Object.create(object) as T;
}

describe("a restart policy", () => {
  it("each property of a restart policy is read once and copied (V9)", () => {
    const waits = counted(backoff);
    const rules = counted(policy({ backoff: waits.object }));
    const copy = checkRestart(rules.object);
    expect(rules.reads).toEqual({ when: 1, maxRestarts: 1, within: 1, backoff: 1 });
    expect(waits.reads).toEqual({ initial: 1, factor: 1, max: 1, jitter: 1 });
    expect(copy).toEqual(policy({ backoff }));
    expect(copy).not.toBe(rules.object);
    expect(copy.backoff).not.toBe(waits.object);
  });

  it("a restart policy may change after the call without effect on the task (V9)", async () => {
    const { supervisor, clock, reported } = makeSupervisor();
    const mutable = { ...policy({ maxRestarts: 5 }), backoff: { ...backoff, initial: 100 } };
    const task = supervisor.createTask(failing(3), { restart: mutable });
    const ready = supervisor.start(() => Promise.reject(new Error("never ready")), { restart: mutable });
    Object.assign(mutable, { when: "never", maxRestarts: 0, within: NaN });
    Object.assign(mutable.backoff, { initial: -1, factor: 0, max: "no", jitter: 5 });
    expect(await task).toBe("run 4");
    expect(clock.now()).toBe(30); // the longest wait is 10 ms
    await expect(ready).rejects.toThrow("after 5 restarts within 1000 ms");
    expect(reported).toHaveLength(3 + 6);
    await supervisor.join();
  });

  it.each([
    ["frozen", Object.freeze(policy({ backoff: Object.freeze({ ...backoff }) }))],
    ["without a prototype", Object.assign(Object.create(null) as RestartPolicy, policy())],
    ["an instance of a class", inheriting(policy({ backoff: inheriting(backoff) }))],
    ["without a backoff", { ...policy(), backoff: undefined }],
    ["with an empty backoff", policy({ backoff: {} })],
    ["at its bounds", policy({ maxRestarts: 0, within: 0, backoff: { initial: 0, factor: 1, max: 0 } })],
    ["without bounds", policy({ maxRestarts: Infinity, within: Infinity, backoff: { max: Infinity } })],
  ])("a restart policy may be %s (V9)", async (_, restart) => {
    const supervisor = new Supervisor();
    expect(await supervisor.createTask(() => "well", { restart })).toBe("well");
    await supervisor.join();
  });

  it.each([
    [null, TypeError, "restart must be an object, got null."],
    ["always", TypeError, 'restart must be an object, got "always".'],
    [{ ...policy(), when: "never" }, TypeError, 'restart.when must be "always" or "on-failure", got "never".'],
    [{ when: "always", within: 1 }, TypeError, "restart.maxRestarts must be a number, got undefined."],
    [policy({ maxRestarts: NaN }), TypeError, "restart.maxRestarts must be a number, got NaN."],
    [policy({ maxRestarts: -1 }), RangeError, "restart.maxRestarts must be at least 0, got -1."],
    [policy({ maxRestarts: 1.5 }), RangeError, "restart.maxRestarts must be a whole number or Infinity, got 1.5."],
    [policy({ within: "1s" as never }), TypeError, 'restart.within must be a number, got "1s".'],
    [policy({ within: -5 }), RangeError, "restart.within must be at least 0, got -5."],
    [policy({ backoff: 100 as never }), TypeError, "restart.backoff must be an object, got 100."],
    [policy({ backoff: null as never }), TypeError, "restart.backoff must be an object, got null."],
    [
      policy({ backoff: { ...backoff, initial: -1 } }),
      RangeError,
      "restart.backoff.initial must be at least 0, got -1.",
    ],
    [
      policy({ backoff: { ...backoff, initial: null as never } }),
      TypeError,
      "restart.backoff.initial must be a number, got null.",
    ],
    [
      policy({ backoff: { ...backoff, factor: 0.5 } }),
      RangeError,
      "restart.backoff.factor must be at least 1, got 0.5.",
    ],
    [policy({ backoff: { ...backoff, max: NaN } }), TypeError, "restart.backoff.max must be a number, got NaN."],
    [policy({ backoff: { max: -1 } }), RangeError, "restart.backoff.max must be at least 0, got -1."],
    [
      policy({ backoff: { ...backoff, jitter: "full" as never } }),
      TypeError,
      'restart.backoff.jitter must be a boolean or a function, got "full".',
    ],
  ] as const)("the restart policy %j throws at once, and nothing starts (V9)", async (restart, error, message) => {
    const supervisor = new Supervisor();
    const fn = (): never => expect.unreachable();
    for (const call of [
      () => supervisor.createTask(fn, { restart: restart as never }),
      () => supervisor.start(fn, { restart: restart as never }),
    ]) {
      expect(call).toThrow(error);
      expect(call).toThrow(message);
    }
    expect(supervisor.size).toBe(0);
    expect(supervisor.stats()).toMatchObject({ running: 0, queued: 0, restarting: 0 });
    await settled();
    await supervisor.join();
  });

  it("a restart policy is checked after the function, and before the supervisor refuses the task (V9)", async () => {
    const supervisor = new Supervisor();
    // @ts-expect-error -- a task is a function
    expect(() => supervisor.createTask(5, { restart: policy() })).toThrow(
      new TypeError("A task must be a function, got 5."),
    );
    await supervisor.shutdown();
    expect(() => supervisor.createTask(() => {}, { restart: 5 as never })).toThrow("restart must be an object, got 5.");
  });
});
