/**
 * Input that callers should not pass, but some will. Each entry point says what is wrong, or handles it correctly, and
 * loses nothing.
 */
import { CancelScope, ExceptionGroup, type TaskFunction } from "@selvage/scope";
import { settled } from "@selvage/testing";
import { types } from "node:util";
import { hostileThenables } from "@selvage/test-support/hostile-thenables";
import { mistakenOptions } from "@selvage/test-support/mistaken-options";
import { describe, expect, it } from "vitest";
import { any, asCompleted, gather, gatherSettled, map, race, TaskGroup, type TaskGroupOptions } from "../src/index.js";

const raise = (): never => {
  throw new Error("hostile");
};

/** Every way to run one function as a child and get its value; each rejects with a group, except `race`. */
const ways: Record<string, (fn: TaskFunction<unknown>, options?: TaskGroupOptions) => Promise<unknown>> = {
  "the body of run": (fn, options) => TaskGroup.run((group) => fn(group.scope), options),
  createTask: (fn, options) => TaskGroup.run((group) => group.createTask(fn), options),
  "createTask under a limit": (fn, options) => TaskGroup.run((group) => group.createTask(fn), { ...options, limit: 1 }),
  gather: (fn, options) => gather([fn], options).then(([value]) => value),
  race: (fn, options) => race([fn], options),
  any: (fn, options) => any([fn], options),
  map: (fn, options) => map([1], (_, scope) => fn(scope), options).then(([value]) => value),
  gatherSettled: async (fn, options) => {
    const [end] = await gatherSettled([fn], options);
    if (end.status === "rejected") throw end.reason;
    return end.value;
  },
  asCompleted: async (fn, options) => {
    for await (const task of asCompleted([fn], options)) return task.result();
    return expect.unreachable();
  },
};

/** Values that may be thrown: each is passed on unchanged. */
const thrown: [string, () => unknown][] = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["a number that is not itself", () => NaN],
  ["a symbol", () => Symbol("thrown")],
  ["a function", () => raise],
  ["an object without a prototype", () => Object.create(null) as unknown],
  ["a frozen error", () => Object.freeze(new Error("frozen"))],
  ["a proxied error", () => new Proxy(new Error("proxied"), {})],
  [
    "a proxy that refuses everything",
    () => new Proxy({}, { get: raise, has: raise, getPrototypeOf: raise, ownKeys: raise }),
  ],
  ["a revoked proxy", revoked],
  ["an error that is its own cause", cyclic],
  ["an error whose fields cannot be read", unreadable],
  ["an aggregate that contains itself", selfContaining],
  ["a promise", () => Promise.resolve("thrown")],
];

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function cyclic(): Error {
  const error = new Error("cyclic");
  error.cause = new Error("below", { cause: error });
  return error;
}

function unreadable(): Error {
  const error = new Error("unreadable");
  for (const field of ["stack", "name", "message", "cause", "code", "errors"]) {
    Object.defineProperty(error, field, { get: raise });
  }
  return error;
}

function selfContaining(): AggregateError {
  const error = new AggregateError([], "contains itself");
  error.errors.push(error);
  return error;
}

/**
 * The one error that remains when the group around it is removed. It is in an array, because a thenable would be taken
 * for a promise.
 */
async function bareErrorOf(promise: Promise<unknown>): Promise<[unknown]> {
  return promise.then(
    (value) => expect.unreachable(`expected a rejection, got ${String(value)}`),
    (error: unknown) => {
      const isGroup = !types.isProxy(error) && error instanceof ExceptionGroup && error.errors.length === 1;
      return [isGroup ? error.errors[0] : error];
    },
  );
}

describe.each(Object.entries(ways))("a child function in %s", (_way, run) => {
  it.each(hostileThenables)("a child may return a thenable that %s", async (_, thenable, expected) => {
    using parent = new CancelScope();
    const ended = run(() => thenable(), { parent });
    if ("value" in expected) expect(await ended).toBe(expected.value);
    else expect(await bareErrorOf(ended)).toEqual([expected.error]);
  });

  it("a child whose thenable calls back late is waited for, although it was cancelled long before (T1)", async () => {
    using parent = new CancelScope();
    let callBack!: (value: unknown) => void;
    let ended = false;
    const running = run(() => ({ then: (f: (value: unknown) => void) => (callBack = f) }), { parent }).finally(
      () => (ended = true),
    );
    parent.cancel();
    await settled();
    expect(ended).toBe(false);
    callBack("late");
    expect(await running).toBe("late");
  });

  it.each(thrown)(
    "a child may throw %s, or reject with it, and the error is passed on unchanged (T3)",
    async (_, make) => {
      using parent = new CancelScope();
      const value = make();
      const throwing = (): never => {
        throw value;
      };
      for (const fn of [throwing, () => Promise.reject(value)]) {
        const [error] = await bareErrorOf(run(fn, { parent }));
        expect(Object.is(error, value)).toBe(true);
      }
    },
  );
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
    let started = 0;
    const fine = (): number => started++;
    for (const call of [
      () => TaskGroup.run(fn, { parent }),
      () => gather([fine, fn], { parent }),
      () => race([fine, fn], { parent }),
      () => any([fine, fn], { parent }),
      () => map([1], fn, { parent }),
      () => gatherSettled([fine, fn], { parent }),
      () => asCompleted([fine, fn], { parent }),
    ]) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(complaint);
    }
    await TaskGroup.run(
      (group) => {
        expect(() => group.createTask(fn)).toThrow(complaint);
        expect(() => group.start(fn)).toThrow(complaint);
        expect(group.size).toBe(0);
      },
      { parent },
    );
    expect(started).toBe(0);
  });

  it("a proxied, a bound and a nameless function are accepted as functions", async () => {
    const fns = [
      new Proxy(async () => 1, {}),
      (async () => 2).bind(undefined),
      Object.defineProperty(async () => 3, "name", { get: raise }),
    ];
    expect(await gather(fns)).toEqual([1, 2, 3]);
  });
});

describe("a list of functions", () => {
  const takers: ((fns: (() => unknown)[]) => unknown)[] = [gather, gatherSettled, race, any, asCompleted];
  const lists: [string, unknown][] = [
    ["undefined", undefined],
    ["a set", new Set([raise])],
    ["an array-like", { length: 1, 0: raise }],
    ["an array with a hole", [raise, , raise]], // eslint-disable-line no-sparse-arrays
    ["an array of arrays", [[raise]]],
  ];
  it.each(lists)("a list of functions is refused if it is %s", (_, list) => {
    for (const call of takers) {
      expect(() => call(list as [])).toThrow(TypeError);
      expect(() => call(list as [])).toThrow(/must be|needs/);
    }
  });

  it("a list of functions is copied: a change while it runs has no effect", async () => {
    const fns: (() => Promise<number>)[] = [async () => (fns.push(async () => 3), 1), async () => 2];
    expect(await gather(fns)).toEqual([1, 2]);
  });

  it("an error of the list's iterator is passed on before anything starts", () => {
    let started = false;
    const list = Object.assign([() => (started = true)], { [Symbol.iterator]: raise });
    for (const call of takers) expect(() => call(list)).toThrow("hostile");
    expect(started).toBe(false);
  });
});

describe("the source of map", () => {
  const sources: [string, () => unknown, unknown][] = [
    ["has an iterator that throws", () => ({ [Symbol.iterator]: raise }), new Error("hostile")],
    ["has a next that throws", () => ({ [Symbol.iterator]: () => ({ next: raise }) }), new Error("hostile")],
    [
      "has a next that rejects",
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("hostile")) }) }),
      new Error("hostile"),
    ],
    ["has no next", () => ({ [Symbol.iterator]: () => ({}) }), expect.any(TypeError)],
    ["has no iterator", () => ({ [Symbol.iterator]: () => undefined }), expect.any(TypeError)],
    [
      "returns a step that is not an object",
      () => ({ [Symbol.iterator]: () => ({ next: () => 1 }) }),
      expect.any(TypeError),
    ],
    [
      "returns steps that cannot be read",
      () => ({ [Symbol.iterator]: () => ({ next: () => Object.defineProperty({}, "done", { get: raise }) }) }),
      new Error("hostile"),
    ],
    [
      "returns a thenable that throws",
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => ({ then: raise }) }) }),
      new Error("hostile"),
    ],
    ["is a revoked proxy of steps", () => ({ [Symbol.iterator]: () => ({ next: revoked }) }), expect.any(TypeError)],
  ];
  it.each(sources)("the source fails the map if it %s (T11)", async (_, source, error) => {
    using parent = new CancelScope();
    expect(await bareErrorOf(map(source() as [], () => {}, { parent }))).toEqual([error]);
  });

  it.each([undefined, null, 1, {}, { length: 0 }])("the source is refused if it is %s", (source) => {
    expect(() => map(source as never, () => {})).toThrow(/^map\(\) needs an iterable/);
  });

  it("the source is closed if a call fails, and what closing throws is reported, too (T11)", async () => {
    const source = {
      [Symbol.iterator]: () => ({ next: () => ({ value: 1 }), return: raise }),
    } as unknown as Iterable<number>;
    const error = await map(source, () => Promise.reject(new TypeError("call")), { limit: 1 }).catch(
      (caught: unknown) => caught,
    );
    expect((error as ExceptionGroup).errors.map(String)).toEqual(["TypeError: call", "Error: hostile"]);
  });
});

/** Mainly values that were meant as a different option: a grace, a name. */
const noObjects = [null, 5_000, "name", Symbol("options"), () => {}] as never[];

describe("options that are not an object", () => {
  it.each(noObjects)("options that are not an object are refused before anything changes: %o", (options) => {
    const group = new TaskGroup();
    const fn = (): void => {};
    for (const call of [
      () => new TaskGroup(options),
      () => TaskGroup.run(fn, options),
      () => gather([fn], options),
      () => race([fn], options),
      () => any([fn], options),
      () => map([], fn, options),
      () => gatherSettled([fn], options),
      () => asCompleted([fn], typeof options === "function" ? null! : options),
      () => asCompleted([1], fn, options),
      () => group.createTask(fn, options),
    ]) {
      expect(call).toThrow(/^The options must be an object, got /);
    }
    expect(group.size).toBe(0);
  });
});

describe("options", () => {
  const entries: Record<string, (options: TaskGroupOptions) => unknown> = {
    "new TaskGroup": (options) => new TaskGroup(options),
    "TaskGroup.run": (options) => TaskGroup.run(() => {}, options),
    gather: (options) => gather([], options),
    race: (options) => race([() => {}], options),
    any: (options) => any([() => {}], options),
    map: (options) => map([], () => {}, options),
    gatherSettled: (options) => gatherSettled([], options),
    asCompleted: (options) => asCompleted([], options),
  };
  const wrong: [string, TaskGroupOptions, ErrorConstructor][] = [
    ["parent", { parent: {} as never }, TypeError],
    ["parent", { parent: "scope" as never }, TypeError],
    ["name", { name: 1 as never }, TypeError],
    ["name", { name: Symbol("name") as never }, TypeError],
    ["limit", { limit: "1" as never }, TypeError],
    ["limit", { limit: 1n as never }, TypeError],
    ["limit", { limit: NaN }, RangeError],
    ["limit", { limit: 0 }, RangeError],
    ["limit", { limit: 1.5 }, RangeError],
    ["clock", { clock: {} as never }, TypeError],
    ["clock", { clock: Date as never }, TypeError],
  ];

  describe.each(Object.entries(entries))("of %s", (_, call) => {
    it.each(wrong)("options are refused if the %s is wrong: %o", (name, options, kind) => {
      expect(() => call(options)).toThrow(kind);
      expect(() => call(options)).toThrow(new RegExp(name, "i"));
    });

    it.each(["parent", "name", "limit", "clock"])(
      "options pass on what reading %s throws, and nothing stays registered",
      (name) => {
        using parent = new CancelScope();
        expect(() => call(Object.defineProperty({ parent }, name, { get: raise }))).toThrow("hostile");
      },
    );

    it("options may have no prototype, be frozen, or be a proxy", async () => {
      using parent = new CancelScope();
      const options: TaskGroupOptions = { parent, limit: 2, name: "n" };
      for (const odd of [
        Object.assign(Object.create(null) as object, options),
        Object.freeze({ ...options }),
        new Proxy(options, {}),
      ]) {
        const made = call(odd);
        await (made instanceof TaskGroup ? made.join() : made);
      }
    });
  });

  it("options of a task are refused, or their error is passed on, and the task does not start", async () => {
    await TaskGroup.run(async (group) => {
      const unread = Object.defineProperty({}, "name", { get: raise });
      expect(() => group.createTask(() => {}, unread)).toThrow("hostile");
      await expect(group.start(() => {}, unread)).rejects.toThrow("hostile");
      expect(() => group.createTask(() => {}, { name: {} as never })).toThrow(/name must be a string/);
      expect(group.size).toBe(0);
    });
  });
});

describe("reentrant callbacks", () => {
  it("a done-callback may do anything to the group (K4)", async () => {
    const log: string[] = [];
    const ended = TaskGroup.run((group) => {
      const task = group.createTask(async () => "first");
      task.addDoneCallback((done) => {
        group.createTask(async () => log.push("sibling"));
        done.addDoneCallback(() => log.push("late"));
        done.cancel();
        void group.join();
        group.cancel();
        expect(() => group.createTask(raise)).toThrow("cancelled");
        log.push(done.result());
      });
    });
    await ended;
    expect(log).toEqual(["sibling", "first", "late"]);
  });

  it("a listener of its cancellation may do anything to the group (S3)", async () => {
    const log: unknown[] = [];
    const ended = TaskGroup.run(async (group) => {
      group.scope.onCancel(() => {
        group.cancel("again");
        group.scope.onCancel((reason) => log.push(reason.cause));
        expect(() => group.createTask(raise)).toThrow("cancelled");
        void group.join();
      });
      group.createTask((scope) => scope.sleep(Infinity));
      group.cancel("once");
      return "value";
    });
    expect([await ended, log]).toEqual(["value", ["once"]]);
  });

  it("a function that is just being started may cancel the group, and start another (K1)", async () => {
    const log: string[] = [];
    await TaskGroup.run((group) => {
      group.createTask((scope) => {
        group.createTask(() => void log.push("inner"));
        group.cancel();
        log.push(`outer ${String(scope.cancelled)}`);
      });
    });
    expect(log).toEqual(["inner", "outer true"]);
  });
});

describe("deeply nested groups", () => {
  it("100,000 nested groups can be cancelled as one and joined from the innermost (S3, T5)", async () => {
    const outer = new TaskGroup();
    const groups = [outer];
    for (let depth = 1; depth < 100_000; depth++) groups.push(new TaskGroup({ parent: groups.at(-1)!.scope }));
    const task = groups.at(-1)!.createTask((scope) => scope.sleep(Infinity));
    outer.cancel("all");
    expect(task.scope.reason).toBe(outer.scope.reason);
    await expect(groups.pop()!.join()).rejects.toBe(outer.scope.reason);
    while (groups.length > 0) await groups.pop()!.join();
    expect(task.status).toBe("cancelled");
  });

  it("100,000 nested groups of errors can be passed from group to group", async () => {
    let error: unknown = "innermost";
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    for (let depth = 0; depth < 100_000; depth++) error = new ExceptionGroup("nested", [error]);
    Error.stackTraceLimit = stackTraceLimit;
    const [bare] = await bareErrorOf(gather([() => Promise.reject(error)]));
    expect(bare === error).toBe(true);
  });
});

describe("a scope or a signal in place of options", () => {
  const entries: readonly (readonly [string, (options: never) => unknown])[] = [
    ["new TaskGroup", (options) => new TaskGroup(options)],
    ["TaskGroup.run", (options) => TaskGroup.run(() => expect.unreachable(), options)],
    ["gather", (options) => gather([() => expect.unreachable()], options)],
    ["race", (options) => race([() => expect.unreachable()], options)],
    ["any", (options) => any([() => expect.unreachable()], options)],
    ["map", (options) => map([1], () => expect.unreachable(), options)],
    ["gatherSettled", (options) => gatherSettled([() => expect.unreachable()], options)],
    ["asCompleted", (options) => asCompleted([() => expect.unreachable()], options)],
  ];
  describe.each(entries)("%s", (_, call) => {
    it.each(mistakenOptions(new CancelScope()))("%s is an error, not ignored", (_, options, message) => {
      expect(() => call(options)).toThrow(new TypeError(message));
    });
  });
});
