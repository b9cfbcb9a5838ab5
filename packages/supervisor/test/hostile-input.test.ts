/**
 * Input that callers should not pass, but some will. Each entry point says what is wrong, or handles it correctly, and
 * loses nothing.
 */
import { CancelScope, type Task, type TaskFunction } from "@selvage/scope";
import { hostileThenables } from "@selvage/test-support/hostile-thenables";
import { mistakenOptions } from "@selvage/test-support/mistaken-options";
import { describe, expect, it } from "vitest";
import { Supervisor, type SupervisedTaskOptions, type SupervisorOptions } from "../src/index.js";
import { raise, thrown } from "./hostile.js";

/** Every way to run one function as a child and wait for its end. */
const ways: Record<
  string,
  (fn: TaskFunction<unknown>, options: SupervisorOptions) => Promise<PromiseSettledResult<unknown>>
> = {
  createTask: async (fn, options) => {
    const supervisor = new Supervisor({ ...options, onError: () => {} });
    const task = supervisor.createTask(fn);
    await supervisor.join();
    return endOf(task);
  },
  "createTask with restarts": async (fn, options) => {
    const supervisor = new Supervisor({ ...options, onError: () => {} });
    const task = supervisor.createTask(fn, { restart: { when: "on-failure", maxRestarts: 2, within: 1_000 } });
    await supervisor.join();
    const end = endOf(task);
    // It is a RestartLimitError; the cause is the error itself.
    return end.status === "rejected" ? { ...end, reason: (end.reason as Error).cause } : end;
  },
  "the body of run": (fn, options) => settle(Supervisor.run((supervisor) => fn(supervisor.scope), options)),
};

function endOf(task: Task<unknown>): PromiseSettledResult<unknown> {
  if (task.status === "fulfilled") return { status: "fulfilled", value: task.result() };
  return { status: "rejected", reason: task.exception() };
}

function settle(promise: Promise<unknown>): Promise<PromiseSettledResult<unknown>> {
  return promise.then(
    (value) => ({ status: "fulfilled", value }),
    (reason: unknown) => ({ status: "rejected", reason }),
  );
}

describe.each(Object.entries(ways))("a child function in %s", (_way, run) => {
  it.each(hostileThenables)("a child may return a thenable that %s", async (_, thenable, expected) => {
    using parent = new CancelScope();
    const end = await run(() => thenable(), { parent });
    if ("value" in expected) expect(end).toEqual({ status: "fulfilled", value: expected.value });
    else expect(end).toEqual({ status: "rejected", reason: expected.error });
  });

  it.each(thrown)(
    "a child may throw %s, or reject with it, and the error is passed on unchanged (V2)",
    async (_, make) => {
      using parent = new CancelScope();
      const value = make();
      const throwing = (): never => {
        throw value;
      };
      for (const fn of [throwing, () => Promise.reject(value)]) {
        const end = await run(fn, { parent });
        expect(end.status).toBe("rejected");
        expect(Object.is((end as PromiseRejectedResult).reason, value)).toBe(true);
      }
    },
  );
});

describe("a child function whose thenable never calls back", () => {
  it("a task whose thenable never calls back is named and abandoned by a shutdown with a timeout (V4)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask(() => ({ then: () => {} }) as never, { name: "silent" });
    expect(await supervisor.shutdown({ timeout: 0 })).toMatchObject({ abandoned: ["silent"] });
    await supervisor.join();
  });
});

describe("a fatal error", () => {
  it.each(thrown)("a fatal error ends the supervisor and is thrown unchanged: %s (V8)", async (_, make) => {
    const value = make();
    const supervisor = new Supervisor({ isFatal: () => true, onError: () => {} });
    supervisor.createTask(() => Promise.reject(value));
    const end = await settle(supervisor.join());
    expect(Object.is((end as PromiseRejectedResult).reason, value)).toBe(true);
  });
});

const notFunctions: [string, () => unknown][] = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["an object", () => ({})],
  ["a promise", () => Promise.resolve()],
  ["an object without a prototype", () => Object.create(null) as unknown],
  ["a proxy that refuses everything", () => new Proxy({}, { get: raise, has: raise, getPrototypeOf: raise })],
];

describe("a value that is not a function", () => {
  it.each(notFunctions)("a value that is not a function is refused before anything starts: %s", async (_, make) => {
    using parent = new CancelScope();
    const fn = make() as () => never;
    const complaint = /must be (a function|functions|an array of functions), got/;
    const supervisor = new Supervisor({ parent });
    for (const call of [
      () => Supervisor.run(fn, { parent }),
      () => supervisor.createTask(fn),
      () => supervisor.createTask(fn, { restart: { when: "always", maxRestarts: 1, within: 1 } }),
      () => supervisor.start(fn),
    ]) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(complaint);
    }
    expect(supervisor.size).toBe(0);
    await supervisor.shutdown();
  });
});

/** Mainly values that were meant as a different option: a grace, a name. */
const noObjects = [null, 5_000, "name", Symbol("options"), () => {}] as never[];

describe("options that are not an object", () => {
  it.each(noObjects)("options that are not an object are refused before anything changes: %o", (options) => {
    const supervisor = new Supervisor();
    const fn = (): void => {};
    for (const call of [
      () => new Supervisor(options),
      () => Supervisor.run(fn, options),
      () => supervisor.createTask(fn, options),
      () => supervisor.start(fn, options),
      () => supervisor.shutdown(options),
    ]) {
      expect(call).toThrow(/^The options must be an object, got /);
    }
    supervisor.createTask(fn); // it was not shut down
  });
});

describe("options", () => {
  const entries: Record<string, (options: SupervisorOptions) => unknown> = {
    "new Supervisor": (options) => new Supervisor(options),
    "Supervisor.run": (options) => Supervisor.run(() => {}, options),
  };
  const wrong: [string, SupervisorOptions, ErrorConstructor][] = [
    ["parent", { parent: {} as never }, TypeError],
    ["name", { name: 1 as never }, TypeError],
    ["limit", { limit: "1" as never }, TypeError],
    ["limit", { limit: 0 }, RangeError],
    ["clock", { clock: {} as never }, TypeError],
  ];
  const wrongOfSupervisor: typeof wrong = [
    ["onError", { onError: {} as never }, TypeError],
    ["onError", { onError: null as never }, TypeError],
    ["isFatal", { isFatal: true as never }, TypeError],
    ["drain", { drain: 5_000 as never }, TypeError],
    ["grace of a drain", { drain: { grace: "5" as never } }, TypeError],
  ];

  it.each(
    Object.entries(entries).flatMap(([entry, call]) => {
      return [...wrong, ...wrongOfSupervisor].map(([name, options, kind]) => ({ entry, call, name, options, kind }));
    }),
  )("options of $entry are refused if $name is wrong", ({ call, name, options, kind }) => {
    expect(() => call(options)).toThrow(kind);
    expect(() => call(options)).toThrow(new RegExp(name, "i"));
  });

  describe.each(Object.entries(entries))("of %s", (_, call) => {
    it.each(["parent", "name", "limit", "clock", "drain", "onError", "isFatal"])(
      "options pass on what reading %s throws, and nothing stays registered",
      (name) => {
        using parent = new CancelScope();
        expect(() => call(Object.defineProperty({ parent }, name, { get: raise }))).toThrow("hostile");
      },
    );

    it("options may have no prototype, be frozen, or be a proxy", async () => {
      using parent = new CancelScope();
      const options: SupervisorOptions = { parent, limit: 2, name: "n" };
      for (const odd of [
        Object.assign(Object.create(null) as object, options),
        Object.freeze({ ...options }),
        new Proxy(options, {}),
      ]) {
        const made = call(odd);
        if (made instanceof Supervisor) await made.join();
        else if (made instanceof Promise) await made;
      }
    });
  });

  const restart = { when: "always", maxRestarts: 1, within: 1 } as const;
  const backoff = { initial: 1, factor: 1, max: 1 };
  const wrongOfTasks: [string, object][] = [
    ["restart", { restart: null }],
    ["restart", { restart: true }],
    ["restart.when", { restart: { ...restart, when: "never" } }],
    ["restart.maxRestarts", { restart: { ...restart, maxRestarts: -1 } }],
    ["restart.maxRestarts", { restart: { ...restart, maxRestarts: 1.5 } }],
    ["restart.maxRestarts", { restart: { ...restart, maxRestarts: 1n } }],
    ["restart.within", { restart: { ...restart, within: NaN } }],
    ["restart.backoff", { restart: { ...restart, backoff: 5 } }],
    ["restart.backoff.initial", { restart: { ...restart, backoff: { ...backoff, initial: -1 } } }],
    ["restart.backoff.factor", { restart: { ...restart, backoff: { ...backoff, factor: 0.5 } } }],
    ["restart.backoff.max", { restart: { ...restart, backoff: { ...backoff, max: "1" } } }],
    ["restart.backoff.jitter", { restart: { ...restart, backoff: { ...backoff, jitter: 1 } } }],
    ["name", { name: {} }],
    ["name", { name: {}, restart }],
    ["name", { name: null, restart }],
  ];
  it.each(wrongOfTasks)(
    "options of a task are refused if %s is wrong, and nothing starts: %o",
    async (name, options) => {
      const supervisor = new Supervisor();
      expect(() => supervisor.createTask(raise, options as SupervisedTaskOptions)).toThrow(name);
      expect(() => supervisor.start(raise, options as SupervisedTaskOptions)).toThrow(name);
      expect(supervisor.size).toBe(0);
      await supervisor.shutdown();
    },
  );

  it.each(["restart", "name", "stage", "grace"])(
    "options of a task pass on what reading %s throws, and nothing starts",
    async (name) => {
      const supervisor = new Supervisor();
      const unread = Object.defineProperty({}, name, { get: raise });
      expect(() => supervisor.createTask(() => {}, unread)).toThrow("hostile");
      expect(supervisor.size).toBe(0);
      await supervisor.shutdown();
    },
  );

  it.each(["when", "maxRestarts", "within", "backoff", "initial", "factor", "max", "jitter"])(
    "options of a restart policy pass on what reading %s throws, and nothing starts (V9)",
    async (name) => {
      const supervisor = new Supervisor();
      const unread = { ...restart, backoff: { ...backoff } };
      Object.defineProperty(name in restart || name === "backoff" ? unread : unread.backoff, name, { get: raise });
      expect(() => supervisor.createTask(() => {}, { restart: unread })).toThrow("hostile");
      expect(() => supervisor.start(() => {}, { restart: unread })).toThrow("hostile");
      expect(supervisor.size).toBe(0);
      await supervisor.shutdown();
    },
  );

  it.each([
    { grace: "1" },
    { grace: NaN },
    { timeout: null },
    { requestedBy: {} },
    { requestedBy: new AbortController().signal },
  ])("options of a shutdown are refused, and no shutdown begins: %o", async (options) => {
    const supervisor = new Supervisor();
    expect(() => supervisor.shutdown(options as never)).toThrow(TypeError);
    await supervisor.createTask(() => {});
    await supervisor.shutdown();
  });

  it.each(["grace", "timeout", "reason", "requestedBy"])(
    "options of a shutdown pass on what reading %s throws, and no shutdown begins",
    async (name) => {
      const supervisor = new Supervisor();
      expect(() => supervisor.shutdown(Object.defineProperty({}, name, { get: raise }))).toThrow("hostile");
      await supervisor.createTask(() => {});
      await supervisor.shutdown();
    },
  );
});

describe("reentrant callbacks", () => {
  it("onError may do anything to the supervisor (V2, V3, V4)", async () => {
    const log: string[] = [];
    const supervisor = new Supervisor({
      onError: (error, task) => {
        log.push(String(error));
        task.cancel();
        void supervisor.join();
        if (log.length < 3) supervisor.createTask(() => Promise.reject(new Error(`no ${log.length}`)));
        else void supervisor.shutdown();
      },
    });
    supervisor.createTask(() => Promise.reject(new Error("no 0")));
    supervisor.createTask((scope) => scope.sleep(Infinity));
    await supervisor.join();
    expect(log).toEqual(["Error: no 0", "Error: no 1", "Error: no 2"]);
    expect(supervisor.stats()).toEqual({
      running: 0,
      queued: 0,
      restarting: 0,
      completed: 0,
      failed: 3,
      cancelled: 1,
      restarts: 0,
    });
  });

  it("isFatal, a done-callback, and a listener of the cancellation may shut the supervisor down (V4)", async () => {
    const reports: Promise<unknown>[] = [];
    const shutDown = (): boolean => reports.push(supervisor.shutdown()) > 0;
    const supervisor = new Supervisor({ onError: shutDown, isFatal: shutDown });
    supervisor.scope.onCancel(shutDown);
    const error = new Error("fatal");
    supervisor.createTask(() => Promise.reject(error)).addDoneCallback(shutDown);
    supervisor.createTask((scope) => scope.sleep(Infinity)).addDoneCallback(shutDown);
    await expect(supervisor.join()).rejects.toBe(error);
    expect(new Set((await Promise.all(reports)).map((report) => JSON.stringify(report))).size).toBe(1);
  });

  it.each([
    ["throws", raise, new Error("hostile")],
    ["returns what cannot be a number", () => ({ valueOf: raise }) as never, expect.any(RangeError) as Error],
    ["returns a proxy that refuses everything", () => refusing() as never, expect.any(RangeError) as Error],
  ])("a jitter that %s fails the task after its run was reported (V9)", async (_, jitter, error) => {
    const reported: unknown[] = [];
    const supervisor = new Supervisor({ onError: (error) => reported.push(error) });
    const backoff = { initial: 1, factor: 1, max: 1, jitter };
    const task = supervisor.createTask(() => Promise.reject(new Error("first")), {
      restart: { when: "always", maxRestarts: 1, within: 1, backoff },
    });
    await supervisor.join();
    expect(reported).toEqual([new Error("first"), error]);
    expect(task.exception()).toBe(reported[1]);
  });
});

function refusing(): object {
  return new Proxy({}, { get: raise, has: raise, getPrototypeOf: raise, ownKeys: raise });
}

describe("deeply nested supervisors", () => {
  it("100,000 nested supervisors can be shut down from the outermost (V4, V7)", async () => {
    const outer = new Supervisor();
    let inner = outer;
    for (let depth = 1; depth < 100_000; depth++) inner = new Supervisor({ parent: inner.scope });
    const task = inner.createTask((scope) => scope.sleep(Infinity));
    outer.scope.cancel("all");
    expect(task.scope.reason).toBe(outer.scope.reason);
    await expect(inner.join()).rejects.toBe(outer.scope.reason);
  });
});

describe("a scope or a signal in place of options", () => {
  const entries: readonly (readonly [string, (options: never) => unknown])[] = [
    ["new Supervisor", (options) => new Supervisor(options)],
    ["Supervisor.run", (options) => Supervisor.run(() => expect.unreachable(), options)],
  ];
  describe.each(entries)("%s", (_, call) => {
    it.each(mistakenOptions(new CancelScope()))("%s is an error, not ignored", (_, options, message) => {
      expect(() => call(options)).toThrow(new TypeError(message));
    });
  });
});
