import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, map, type MapFunction } from "../../src/index.js";
import { errorsOf, microtasks, outcomeOf } from "../outcome.js";
import { watchedSource } from "./watched-source.js";

const forever = (_: unknown, scope: CancelScope): Promise<never> => scope.sleep(Infinity) as Promise<never>;
const never = (): Promise<never> => new Promise(() => {});

/** Fails at one item; the other calls wait for their cancellation. */
const failingAt =
  (bad: number, error: unknown): MapFunction<number, never> =>
  (item, scope) =>
    item === bad ? Promise.reject(error) : forever(item, scope);

async function* asynchronously<T>(items: Iterable<T>): AsyncGenerator<T, void> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

describe("map with a call that fails", () => {
  it("a failed call cancels the others; map waits for them, and rejects with a group (T12, T2, T3)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const error = new Error("item 3");
    let unwound = 0;
    const run = map(
      [1, 2, 3],
      (n, scope) =>
        n === 3
          ? Promise.reject(error)
          : forever(n, scope).finally(async () => {
              await new CancelScope({ clock }).sleep(25);
              unwound++;
            }),
      { clock },
    );
    expect(await errorsOf(run)).toEqual([error]);
    expect(unwound).toBe(2);
    expect(clock.now()).toBe(25);
  });

  it.each([["text"], [undefined], [null], [0]])("a call that fails with %s is listed once (T3)", async (value) => {
    expect(await errorsOf(map([1, 2], failingAt(2, value)))).toEqual([value]);
  });

  it("map lists the failure of every call, in order of arrival (T3)", async () => {
    const run = map([1, 2, 3], async (n, scope) => {
      if (n === 2) await new Promise((resolve) => setImmediate(resolve));
      else await scope.sleep(Infinity).catch(() => {});
      throw n;
    });
    expect(await errorsOf(run)).toEqual([2, 1, 3]);
  });

  it("a synchronous throw of a call counts like any other failure (T12)", async () => {
    const run = map([1], () => {
      throw new Error("at once");
    });
    expect(await errorsOf(run)).toEqual([new Error("at once")]);
  });

  it("map begins no further call after a failure, although another call has returned in the same step (T12)", async () => {
    const begun: number[] = [];
    const call = async (item: number): Promise<void> => {
      begun.push(item);
      if (item === 2) throw new Error("two");
    };
    await outcomeOf(map([1, 2, 3], call, { limit: 2 }));
    expect(begun).toEqual([1, 2]);
  });

  it("map begins no further call after a failure, although an item has just been pulled (T12)", async () => {
    const log: number[] = [];
    const run = map(asynchronously([1, 2, 3]), (n) => (log.push(n), Promise.reject(new Error(String(n)))));
    expect(await errorsOf(run)).toEqual([new Error("1")]);
    expect(log).toEqual([1]);
  });

  it("map begins no further call after a failure, whenever the next item arrives (T12)", async () => {
    for (let lead = 0; lead < 20; lead++) {
      let release: (step: unknown) => void = () => {};
      let failed = false;
      const late: number[] = [];
      const source = watchedSource({ items: [1, 2], next: { 1: () => new Promise((resolve) => (release = resolve)) } });
      const failing = async (): Promise<never> => {
        await settled();
        release({ done: false, value: 2 });
        await microtasks(lead);
        throw 1;
      };
      const run = map(source.async, (n) => {
        if (failed) late.push(n);
        if (n === 2) return;
        const call = failing();
        call.catch(() => (failed = true)); // a step before map sees it
        return call;
      });
      expect(await errorsOf(run)).toEqual([1]);
      expect({ lead, late }).toEqual({ lead, late: [] });
    }
  });

  it.each(["sync", "async"] as const)(
    "map closes a %s source once after a failure, and pulls no further item (T12)",
    async (kind) => {
      const source = watchedSource({ items: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
      expect(await errorsOf(map(source[kind], failingAt(2, "no"), { limit: 2 }))).toEqual(["no"]);
      expect(source.log).toEqual(["next", "next", "return"]);
    },
  );

  it("map waits for the source to close before it rejects, and cancels the other calls meanwhile (T12, T1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const outside = new CancelScope({ clock });
    async function* items(): AsyncGenerator<number> {
      try {
        yield* [1, 2, 3];
      } finally {
        await outside.sleep(10);
        log.push("source closed");
      }
    }
    const call: MapFunction<number, unknown> = (n, scope) =>
      n === 2
        ? Promise.reject("no")
        : forever(n, scope).finally(() => {
            log.push("unwound");
          });
    expect(await errorsOf(map(items(), call, { limit: 2, clock }))).toEqual(["no"]);
    expect(log).toEqual(["unwound", "source closed"]);
    expect(clock.now()).toBe(10);
  });

  it("map lists what closing the source throws as well (T12, T3)", async () => {
    const source = watchedSource({
      items: [1, 2, 3],
      return: () => {
        throw new Error("close");
      },
    });
    const run = map(source.sync, failingAt(2, new Error("call")), { limit: 2 });
    expect(await errorsOf(run)).toEqual([new Error("call"), new Error("close")]);
    expect(source.log).toEqual(["next", "next", "return"]);

    const asynchronous = watchedSource({ items: [1, 2, 3], return: () => Promise.reject(new Error("close")) });
    const other = map(asynchronous.async, failingAt(2, new Error("call")), { limit: 2 });
    expect(await errorsOf(other)).toEqual([new Error("call"), new Error("close")]);
  });

  it("map does not close a source that has ended (T12)", async () => {
    const source = watchedSource({ items: [1, 2] });
    const run = map(source.sync, (n, scope) =>
      n === 1 ? forever(n, scope) : scope.checkpoint().then(() => Promise.reject(n)),
    );
    expect(await errorsOf(run)).toEqual([2]);
    expect(source.log).toEqual(["next", "next", "next"]);
  });

  it("map abandons a next that hangs, calls return, and does not wait for that either (T12)", async () => {
    const source = watchedSource({ items: [1], next: { 1: never }, return: never });
    expect(
      await errorsOf(map(source.async, (_, scope) => scope.checkpoint().then(() => Promise.reject("no")))),
    ).toEqual(["no"]);
    expect(source.log).toEqual(["next", "next", "return"]);
  });

  it("map waits for a slow return: that is the source's cleanup, as with for await (T12, T1)", async () => {
    let closed: (value: unknown) => void = () => {};
    let isSettled = false;
    const source = watchedSource({ items: [1, 2], return: () => new Promise((resolve) => (closed = resolve)) });
    const run = outcomeOf(map(source.async, failingAt(1, "no"), { limit: 1 }));
    void run.then(() => (isSettled = true));
    await settled();
    expect({ log: source.log, isSettled }).toEqual({ log: ["next", "return"], isSettled: false });
    closed({ done: true });
    expect((await run).error).toMatchObject({ errors: ["no"] });
  });
});

describe("map with a call that cancels itself", () => {
  it("a call that cancels itself has no result, which is a failure (T12)", async () => {
    let own: unknown;
    let sibling = "";
    const run = map([1, 2], (n, scope) => {
      if (n === 1) return forever(n, scope).finally(() => (sibling = "unwound"));
      scope.cancel("had enough");
      own = scope.reason;
      return forever(n, scope);
    });
    expect(await errorsOf(run)).toEqual([own]);
    expect(own).toMatchObject({ cause: "had enough" });
    expect(sibling).toBe("unwound");
  });

  it("a call that cancels itself is listed with its CancelledError, whatever cancellation it threw (T12, K2)", async () => {
    let own: unknown;
    const run = map([1], (_, scope) => {
      scope.cancel();
      own = scope.reason;
      throw new DOMException("aborted", "AbortError");
    });
    expect(await errorsOf(run)).toEqual([own]);
  });

  it("map cancels the other calls before it waits for the source to close (T12)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const outside = new CancelScope({ clock });
    const log: string[] = [];
    const source = watchedSource({ items: [1, 2, 3], return: () => outside.sleep(10).then(() => log.push("closed")) });
    const call: MapFunction<number, unknown> = (n, scope) => {
      if (n === 2) scope.cancel();
      return forever(n, scope).finally(() => log.push(`${n} unwound`));
    };
    expect(await errorsOf(map(source.async, call, { limit: 2, clock }))).toHaveLength(1);
    expect(log).toEqual(["2 unwound", "1 unwound", "closed"]);
  });

  it("map notices a self-cancelled call with a limit of one as well, and no further call begins (T12, T8)", async () => {
    const log: number[] = [];
    const run = map([1, 2, 3], (n, scope) => {
      log.push(n);
      scope.cancel("had enough");
      scope.throwIfCancelled();
    }, { limit: 1 }); // prettier-ignore
    expect(await errorsOf(run)).toEqual([expect.objectContaining({ cause: "had enough" })]);
    expect(log).toEqual([1]);
  });

  it("a call that cancels itself and returns all the same has a result (T12, K2)", async () => {
    expect(await map([1, 2], (n, scope) => (scope.cancel(), n))).toEqual([1, 2]);
  });

  it("a call that cancels itself is not a failure if the group was cancelled before (T12, T3)", async () => {
    const run = map([1, 2], (n, scope) =>
      n === 1
        ? scope.sleep(Infinity).catch(() => {
            scope.cancel();
            scope.throwIfCancelled();
          })
        : Promise.reject("no"),
    );
    expect(await errorsOf(run)).toEqual(["no"]);
  });
});
