import { expectTypeOf } from "expect-type";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError } from "@selvage/scope";
import { turn } from "../uncaught.js";

function thenable(
  then: (onValue: (value: unknown) => void, onError: (error: unknown) => void) => unknown,
): PromiseLike<unknown> {
  return { then } as PromiseLike<unknown>;
}

describe("CancelScope.race", () => {
  it("race settles as its promise settles (S12)", async () => {
    const scope = new CancelScope();
    const value = scope.race(Promise.resolve(42));
    expectTypeOf(value).toEqualTypeOf<Promise<number>>();
    expect(await value).toBe(42);
    const error = new Error("no");
    await expect(scope.race(Promise.reject(error))).rejects.toBe(error);
  });

  it("race rejects with the scope's CancelledError as soon as the scope is cancelled (S12)", async () => {
    const parent = new CancelScope();
    const log: unknown[] = [];
    void new CancelScope({ parent }).race(new Promise(() => {})).catch((error: unknown) => log.push(error));
    parent.cancel();
    await Promise.resolve();
    expect(log).toEqual([parent.reason]);
  });

  it("race rejects at once if the scope is already cancelled, whether or not the promise is settled (S12)", async () => {
    const scope = new CancelScope();
    scope.cancel();
    for (const promise of [new Promise(() => {}), Promise.resolve(1), Promise.reject(new Error("late"))]) {
      await expect(scope.race(promise)).rejects.toBe(scope.reason);
    }
  });

  it("race rejects if the cancellation comes before the promise's callback (S12)", async () => {
    const scope = new CancelScope();
    const racing = scope.race(Promise.resolve("settled before"));
    scope.cancel();
    await expect(racing).rejects.toBe(scope.reason);
  });

  it("race keeps its value if the cancellation comes afterwards (S12)", async () => {
    const scope = new CancelScope();
    const racing = scope.race(Promise.resolve("first"));
    await Promise.resolve();
    scope.cancel();
    expect(await racing).toBe("first");
  });

  it("race rejects with a ClosedError when the scope is closed, and if it is already closed (S12)", async () => {
    const scope = new CancelScope();
    const racing = scope.race(new Promise(() => {}));
    scope.close();
    await expect(racing).rejects.toThrow(ClosedError);
    await expect(scope.race(Promise.resolve())).rejects.toThrow(ClosedError);
  });

  it("race abandons the promise, and does not stop it (S12)", async () => {
    const scope = new CancelScope();
    let finished = false;
    let go: () => void = () => {};
    const work = new Promise<void>((resolve) => (go = resolve)).then(() => (finished = true));
    const racing = scope.race(work);
    scope.cancel();
    await expect(racing).rejects.toBe(scope.reason);
    go();
    expect(await work).toBe(true);
    expect(finished).toBe(true);
  });

  it("race silences a late rejection of the abandoned promise (S12)", async () => {
    const scopes = [new CancelScope(), new CancelScope(), new CancelScope()] as const;
    const [cancelledLater, closedLater, cancelledBefore] = scopes;
    cancelledBefore.cancel();
    const rejects: ((error: unknown) => void)[] = [];
    for (const scope of scopes) {
      void scope.race(new Promise((_, reject) => rejects.push(reject))).catch(() => {});
    }
    cancelledLater.cancel();
    closedLater.close();
    for (const reject of rejects) reject(new Error("too late"));
    await turn(); // The setup of every test checks for unhandled rejections after this.
  });

  it("race is never an unhandled rejection, whether the scope is cancelled or closed, during the race or before it (S12)", async () => {
    const [cancelled, closed] = [new CancelScope(), new CancelScope()];
    const never = new Promise(() => {});
    for (const scope of [cancelled, closed]) void scope.race(never);
    cancelled.cancel();
    closed.close();
    for (const scope of [cancelled, closed]) void scope.race(never);
    await turn();
  });

  it("race may be called many times for one promise, in one scope and in several (S12)", async () => {
    const [one, other] = [new CancelScope(), new CancelScope()];
    let resolve: (value: string) => void = () => {};
    const promise = new Promise<string>((resolveIt) => (resolve = resolveIt));
    const races = [one.race(promise), other.race(promise), one.race(promise)];
    other.cancel();
    resolve("value");
    expect(await Promise.allSettled(races)).toEqual([
      { status: "fulfilled", value: "value" },
      { status: "rejected", reason: other.reason },
      { status: "fulfilled", value: "value" },
    ]);
    expect(await one.race(promise)).toBe("value");
  });

  it("every race of a promise rejects when the promise rejects (S12)", async () => {
    const scope = new CancelScope();
    const error = new Error("shared");
    const promise = Promise.reject(error);
    const outcomes = await Promise.allSettled([scope.race(promise), scope.race(promise)]);
    expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason === error)).toEqual([true, true]);
  });

  it("race adds one callback to a thenable that is a function (S12)", () => {
    let callbacks = 0;
    const callable = Object.assign(() => {}, { then: () => callbacks++ }) as unknown as PromiseLike<unknown>;
    const scope = new CancelScope();
    for (let i = 0; i < 100; i++) void scope.race(callable).catch(() => {});
    return turn().then(() => {
      expect(callbacks).toBe(1);
      scope.cancel();
    });
  });

  it("race adds one callback to a promise, however many live and cancelled scopes race it (S12)", () => {
    let callbacks = 0;
    const promise = thenable(() => callbacks++);
    const native = new Promise(() => {});
    const [live, cancelled] = [new CancelScope(), new CancelScope()];
    cancelled.cancel();
    return Promise.resolve().then(async () => {
      for (let i = 0; i < 100; i++) {
        for (const scope of [live, cancelled]) {
          void scope.race(promise);
          void scope.race(native);
        }
      }
      await turn();
      expect(callbacks).toBe(1);
      live.close();
    });
  });

  it.each<[string, unknown, unknown]>([
    ["a value", 42, 42],
    ["undefined", undefined, undefined],
    ["an object", Object.freeze({ some: "object" }), { some: "object" }],
    ["a function", parseInt, parseInt],
  ])("race resolves with %s that is not a promise (S12)", async (_, value, expected) => {
    expect(await new CancelScope().race(value as never)).toEqual(expected);
  });

  describe("race with a misbehaving thenable", () => {
    it("race uses the first of several callbacks of a thenable (S12)", async () => {
      const value = thenable((onValue, onError) => {
        onValue("first");
        onValue("second");
        onError(new Error("third"));
      });
      expect(await new CancelScope().race(value)).toBe("first");
    });

    it("race settles asynchronously if the thenable calls back synchronously (S12)", async () => {
      const log: string[] = [];
      const racing = new CancelScope().race(thenable((onValue) => onValue("value"))).then(() => log.push("settled"));
      log.push("race has returned");
      await racing;
      expect(log).toEqual(["race has returned", "settled"]);
    });

    it("race rejects with an error that the thenable's then, or its getter, throws (S12)", async () => {
      const error = new Error("hostile");
      const raise = (): never => {
        throw error;
      };
      const scope = new CancelScope();
      await expect(scope.race(thenable(raise))).rejects.toBe(error);
      await expect(scope.race(Object.defineProperty({}, "then", { get: raise }) as never)).rejects.toBe(error);
      const promise = Object.defineProperty(Promise.resolve(), "constructor", { get: raise });
      await expect(scope.race(promise)).rejects.toBe(error);
    });

    it("race ignores an error that the thenable throws after it has called back (S12)", async () => {
      const value = thenable((onValue) => {
        onValue("value");
        throw new Error("after");
      });
      expect(await new CancelScope().race(value)).toBe("value");
    });

    it("race unwraps a thenable that resolves with another (S12)", async () => {
      const value = thenable((onValue) => onValue(Promise.resolve("inner")));
      expect(await new CancelScope().race(value)).toBe("inner");
    });

    it("race of a thenable that never calls back ends with the scope (S12)", async () => {
      const scope = new CancelScope();
      const racing = scope.race(thenable(() => {}));
      scope.cancel();
      await expect(racing).rejects.toBe(scope.reason);
    });

    it.each(["cancel", "close"] as const)(
      "race works if the getter of then %ss the scope (S3, S12)",
      async (method) => {
        const scope = new CancelScope();
        const promise = {
          get then() {
            scope[method]();
            return (onValue: (value: string) => void) => onValue("too late");
          },
        };
        await expect(scope.race(promise as never)).rejects.toThrow(method === "cancel" ? scope.reason : ClosedError);
      },
    );

    it("race calls the own then of a promise of a subclass (S12)", async () => {
      let called = 0;
      class Mine<T> extends Promise<T> {
        override then<A = T, B = never>(...args: Parameters<Promise<T>["then"]>): Promise<A | B> {
          called++;
          return super.then(...args) as Promise<A | B>;
        }
      }
      expect(await new CancelScope().race(Mine.resolve("value"))).toBe("value");
      expect(called).toBe(1);
    });
  });
});

describe.each<[string, () => CancelScope]>([
  [
    "cancelled",
    () => {
      const scope = new CancelScope();
      scope.cancel();
      return scope;
    },
  ],
  [
    "closed",
    () => {
      const scope = new CancelScope();
      scope.close();
      return scope;
    },
  ],
])("CancelScope.race in a scope that is already %s", (_, make) => {
  /** The unhandled rejections after `act`. */
  async function unhandledAfter(act: () => unknown): Promise<unknown[]> {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    const listeners = process.rawListeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", note);
    try {
      act();
      await turn();
      await turn();
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of listeners) process.on("unhandledRejection", listener as () => void);
    }
    return unhandled;
  }

  class Lazy<T> extends Promise<T> {
    override then(): never {
      return expect.unreachable();
    }
  }
  class Odd<T> extends Promise<T> {
    static override get [Symbol.species](): PromiseConstructor {
      return Promise;
    }
  }

  it.each<[string, () => unknown]>([
    ["a promise", () => Promise.reject(new Error("late"))],
    ["a promise of another realm", () => runInNewContext("Promise.reject(new Error('late'))") as unknown],
    [
      "a promise with its own then",
      () => Object.assign(Promise.reject(new Error("late")), { then: expect.unreachable }),
    ],
    ["a subclass with its own then", () => Lazy.reject(new Error("late"))],
    ["a subclass with a species", () => Odd.reject(new Error("late"))],
  ])("race in a cancelled or closed scope silences %s, without its own then (S12)", async (_, makePromise) => {
    const unhandled = await unhandledAfter(() => {
      const promise = makePromise() as Promise<unknown>;
      for (const scope of [make(), make()]) void scope.race(promise);
    });
    expect(unhandled).toEqual([]);
  });

  it("race in a cancelled or closed scope neither calls nor reads the then of any other thenable (S12)", async () => {
    const touched: PropertyKey[] = [];
    const noting: ProxyHandler<object> = {
      get: (_, key) => void touched.push(key),
      has: (_, key) => touched.push(key) < 0,
      getPrototypeOf: () => void touched.push("prototype") as never,
      getOwnPropertyDescriptor: (_, key) => void touched.push(key),
    };
    const query = new Proxy({ then: expect.unreachable }, noting);
    const called = new Proxy(() => {}, noting);
    for (const thenable of [query, called, new Proxy(Promise.resolve(), noting)]) {
      await expect(make().race(thenable as PromiseLike<unknown>)).rejects.toThrow(/cancelled|closed/);
    }
    expect(touched).toEqual([]);
  });

  it("race in a cancelled or closed scope rejects as usual if the promise's constructor cannot be read (S12)", async () => {
    const raise = (): never => {
      throw new Error("hostile");
    };
    class Hostile<T> extends Promise<T> {
      static override get [Symbol.species](): never {
        return raise();
      }
    }
    const own = Object.defineProperty(Promise.resolve(), "constructor", { get: raise });
    for (const promise of [Hostile.resolve(1), own]) {
      await expect(make().race(promise as Promise<unknown>)).rejects.toThrow(/cancelled|closed/);
    }
  });

  it("race in a cancelled or closed scope rejects as usual if its argument is not an object (S12)", async () => {
    for (const value of [undefined, null, 5, "text"]) {
      await expect(make().race(value as never)).rejects.toThrow(/cancelled|closed/);
    }
  });

  it("race in a cancelled or closed scope registers with a long-lived promise once, however often it is raced (S12)", async () => {
    let registered = 0;
    const promise = new Promise(() => {});
    void Object.defineProperty(promise, "constructor", { get: () => (registered++, Promise) }); // Every registration reads it.
    const scope = make();
    for (let round = 0; round < 1_000; round++) await scope.race(promise).catch(() => {});
    expect(registered).toBe(1);
  });
});
