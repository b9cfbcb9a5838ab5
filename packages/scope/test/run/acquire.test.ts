import { describe, expect, it } from "vitest";
import { acquire, type Acquired, CancelScope, ClosedError, now } from "@selvage/scope";
import { brand, deferred, TIMEOUT_ERROR } from "@selvage/scope/internal";
import { turn, uncaughtDuring } from "../uncaught.js";

class BrandedTimeout extends Error {
  static {
    brand(this, TIMEOUT_ERROR);
  }
}

const failure = new Error("refused");
const abort = new DOMException("cut", "AbortError");

/** A resource that opens on demand, and the list of what was released. */
function connection(): {
  open: () => Promise<string>;
  opening: ReturnType<typeof deferred<string>>;
  released: string[];
} {
  const opening = deferred<string>();
  return { open: () => opening.promise, opening, released: [] };
}

async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

const ignore = (): void => {};

describe("acquire", () => {
  it("acquire calls open at once with the scope, and resolves with its value (S18)", async () => {
    const scope = new CancelScope();
    const calls: unknown[] = [];
    const acquiring = acquire(scope, (own) => (calls.push(own), "value"), ignore);
    expect(calls).toEqual([scope]);
    expect((await acquiring).value).toBe("value");
  });

  it("an acquired value is released once, and release gets only the value, however often it is called (S18)", async () => {
    const calls: unknown[][] = [];
    const acquired = await acquire(
      new CancelScope(),
      () => "value",
      (...args) => calls.push(args),
    );
    await Promise.all([acquired.release(), acquired.release(), acquired[Symbol.asyncDispose]()]);
    expect(calls).toEqual([["value"]]);
  });

  it("every call of release waits until the release has ended (S18)", async () => {
    const end = deferred<undefined>();
    const acquired = await acquire(
      new CancelScope(),
      () => 1,
      () => end.promise,
    );
    const log: string[] = [];
    const first = acquired.release().then(() => log.push("first"));
    const second = acquired.release().then(() => log.push("second"));
    await turn();
    expect(log).toEqual([]);
    end.resolve(undefined);
    await Promise.all([first, second]);
    expect(log.sort()).toEqual(["first", "second"]);
  });

  it("an error of release reaches the first code that releases, once (S18)", async () => {
    for (const release of [
      () => Promise.reject(failure),
      () => {
        throw failure;
      },
    ]) {
      const acquired = await acquire(new CancelScope(), () => 1, release);
      await expect(acquired.release()).rejects.toBe(failure);
      expect(await acquired.release()).toBeUndefined();
    }
  });

  it("release may call the acquired value's own release without a deadlock (S18)", async () => {
    const acquired: Acquired<number> = await acquire(
      new CancelScope(),
      () => 1,
      () => {
        void acquired.release();
      },
    );
    expect(await acquired.release()).toBeUndefined();
  });

  it("the end of the scope releases nothing (S18)", async () => {
    const released: unknown[] = [];
    await CancelScope.run((scope) =>
      acquire(
        scope,
        () => 1,
        (value) => released.push(value),
      ),
    );
    await turn();
    expect(released).toEqual([]);
  });

  it("acquire opens nothing in a cancelled or a closed scope (S18)", async () => {
    const scope = new CancelScope();
    scope.cancel();
    const late = new CancelScope({ deadline: now() - 1 });
    const closed = new CancelScope();
    closed.close();
    for (const wait of [true, false]) {
      const open = (): never => expect.unreachable();
      await expect(acquire(scope, open, open, { wait })).rejects.toBe(scope.reason);
      await expect(acquire(late, open, open, { wait })).rejects.toBe(late.reason);
      await expect(acquire(closed, open, open, { wait })).rejects.toThrow(ClosedError);
    }
  });

  it("acquire passes on a rejection and a throw of open while the scope is live (S18)", async () => {
    for (const wait of [true, false]) {
      for (const open of [
        () => Promise.reject(failure),
        () => {
          throw failure;
        },
      ]) {
        await expect(acquire(new CancelScope(), open, ignore, { wait })).rejects.toBe(failure);
      }
    }
  });

  it("acquire waits for open, releases what it opened after the cancellation, and then throws the cancellation (S18)", async () => {
    const scope = new CancelScope();
    const { open, opening } = connection();
    const log: string[] = [];
    const end = deferred<undefined>();
    const acquiring = acquire(scope, open, (value) => (log.push(`release ${value}`), end.promise));
    const outcome = outcomeOf(acquiring).then((outcome) => (log.push("thrown"), outcome));
    scope.cancel();
    await turn();
    expect(log).toEqual([]);
    opening.resolve("connection");
    await turn();
    expect(log).toEqual(["release connection"]);
    end.resolve(undefined);
    expect(await outcome).toEqual({ error: scope.reason });
    expect(log).toEqual(["release connection", "thrown"]);
  });

  it("acquire throws the error of release in place of the cancellation (S18)", async () => {
    const scope = new CancelScope();
    const { open, opening } = connection();
    const acquiring = acquire(scope, open, () => Promise.reject(failure));
    scope.cancel();
    opening.resolve("connection");
    await expect(acquiring).rejects.toBe(failure);
  });

  it("acquire releases what was opened in a scope that was closed in the meantime (S16, S18)", async () => {
    const scope = new CancelScope();
    const { open, opening, released } = connection();
    const acquiring = acquire(scope, open, (value) => released.push(value));
    scope.close();
    opening.resolve("connection");
    await expect(acquiring).rejects.toThrow(ClosedError);
    expect(released).toEqual(["connection"]);
  });

  it("acquire classifies a rejection of open as settle does (S17, S18)", async () => {
    const mixed = new AggregateError([failure]);
    const late = new BrandedTimeout("late");
    for (const error of [failure, abort, mixed, late]) {
      const scope = new CancelScope();
      const { open, opening } = connection();
      const acquiring = acquire(scope, open, ignore);
      scope.cancel();
      opening.reject(error);
      await expect(acquiring).rejects.toBe(error === mixed || error === late ? error : scope.reason);
    }
  });

  describe("with wait: false", () => {
    it("acquire without wait rejects at once when the scope is cancelled, and releases in the background what opens late (S18)", async () => {
      const scope = new CancelScope();
      const { open, opening, released } = connection();
      const acquiring = acquire(scope, open, (value) => released.push(value), { wait: false });
      scope.cancel();
      await expect(acquiring).rejects.toBe(scope.reason);
      expect(released).toEqual([]);
      opening.resolve("connection");
      await turn();
      expect(released).toEqual(["connection"]);
    });

    it("acquire without wait returns or releases what opens, whatever the order of the steps (S18)", async () => {
      for (let steps = 0; steps < 8; steps++) {
        const scope = new CancelScope();
        const { open, opening, released } = connection();
        const acquiring = acquire(scope, open, (value) => released.push(value), { wait: false });
        opening.resolve("connection");
        for (let step = 0; step < steps; step++) await Promise.resolve();
        scope.cancel();
        const outcome = await outcomeOf(acquiring);
        await turn();
        expect({ steps, isHeld: "value" in Object(outcome) }).toEqual({ steps, isHeld: released.length === 0 });
      }
    });

    it("acquire without wait reports late errors of open and release as uncaught, but not the cancellation (S18)", async () => {
      for (const [error, expected] of [
        [failure, [failure]],
        [abort, []],
      ] as const) {
        const uncaught = await uncaughtDuring(async () => {
          const scope = new CancelScope();
          const { open, opening } = connection();
          const acquiring = acquire(scope, open, ignore, { wait: false });
          scope.cancel();
          await expect(acquiring).rejects.toBe(scope.reason);
          opening.reject(error);
        });
        expect(uncaught).toEqual(expected);
      }
      const uncaught = await uncaughtDuring(async () => {
        const scope = new CancelScope();
        const { open, opening } = connection();
        void acquire(scope, open, () => Promise.reject(failure), { wait: false });
        scope.cancel();
        opening.resolve("connection");
      });
      expect(uncaught).toEqual([failure]);
    });

    it("acquire without wait rejects at once when the scope is closed, and releases what opens late (S12, S18)", async () => {
      const scope = new CancelScope();
      const { open, opening, released } = connection();
      const acquiring = acquire(scope, open, (value) => released.push(value), { wait: false });
      scope.close();
      await expect(acquiring).rejects.toThrow(ClosedError);
      opening.resolve("connection");
      await turn();
      expect(released).toEqual(["connection"]);
    });
  });

  it.each<[string, unknown[]]>([
    ["a scope that is not a CancelScope", [new AbortController().signal, ignore, ignore]],
    ["no scope", [undefined, ignore, ignore]],
    ["an open that is not a function", [new CancelScope(), "open", ignore]],
    ["a release that is not a function", [new CancelScope(), () => expect.unreachable(), undefined]],
    ["options that are not an object", [new CancelScope(), () => expect.unreachable(), ignore, true]],
    ["a wait that is not a boolean", [new CancelScope(), () => expect.unreachable(), ignore, { wait: 1 }]],
  ])("acquire throws a TypeError synchronously, before anything is opened: %s (S18)", (_, args) => {
    expect(() => Reflect.apply(acquire, undefined, args) as unknown).toThrow(TypeError);
  });
});
