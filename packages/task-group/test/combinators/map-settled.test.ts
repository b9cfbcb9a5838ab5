import { VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { CancelScope, ExceptionGroup, InvalidStateError, mapSettled, type SourceError } from "../../src/index.js";
import { errorsOf, outcomeOf } from "../outcome.js";

const rejected = (reason: unknown): PromiseSettledResult<never> => ({ status: "rejected", reason });
const fulfilled = <T>(value: T): PromiseSettledResult<T> => ({ status: "fulfilled", value });

describe("mapSettled", () => {
  it("mapSettled resolves with the outcome of each call, in the order of the items; a failure stops nothing (T12)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const error = new Error("no");
    const call = async (ms: number, scope: CancelScope): Promise<number> => {
      await scope.sleep(ms);
      if (ms === 10) throw error;
      return ms;
    };
    const results = await mapSettled([30, 10, 20], call, { clock });
    expectTypeOf(results).toEqualTypeOf<PromiseSettledResult<number>[]>();
    expect(results).toEqual([fulfilled(30), rejected(error), fulfilled(20)]);
  });

  it("mapSettled pulls no faster than the limit allows (T12)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let [pulled, ended] = [0, 0];
    function* items(): Generator<number> {
      for (; pulled < 10; pulled++) {
        expect(pulled - ended).toBeLessThanOrEqual(2);
        yield pulled;
      }
    }
    await mapSettled(items(), async (_, scope) => (await scope.sleep(1), ended++), { clock, limit: 2 });
    expect([pulled, ended]).toEqual([10, 10]);
  });

  it("mapSettled counts a call that cancelled itself as rejected with its CancelledError (T12, V10)", async () => {
    const giveUp = (_: number, scope: CancelScope): Promise<void> => (scope.cancel("enough"), scope.checkpoint());
    expect(await mapSettled([1], giveUp)).toEqual([rejected(expect.objectContaining({ cause: "enough" }))]);
  });

  it("mapSettled fails with the scopes that its source left open, cancels them, and keeps the results (S16, T12)", async () => {
    let leftOpen: CancelScope | undefined;
    const items = (scope: CancelScope): number[] => {
      leftOpen = new CancelScope({ parent: scope, name: "left open" });
      return [1];
    };
    const { error } = await outcomeOf(mapSettled(items, (n) => n));
    const group = error as SourceError<number>;
    expect(group).toBeInstanceOf(ExceptionGroup);
    expect(group.errors).toEqual([expect.any(InvalidStateError)]);
    expect(group.message).toContain('"left open"');
    expect(group.results).toEqual([fulfilled(1)]);
    expect(leftOpen!.reason?.cause).toBe(group.errors[0]);
  });

  it("mapSettled closes an idle scope that its source left open if an outer owner cancels (S16)", async () => {
    using parent = new CancelScope();
    const items = (scope: CancelScope): number[] => {
      new CancelScope({ parent: scope, name: "idle" });
      parent.cancel();
      return [1];
    };
    expect(await outcomeOf(mapSettled(items, (n) => n, { parent }))).toEqual({ error: parent.reason });
  });

  it("mapSettled waits for the running calls if the source fails, and throws its error with their results (T12)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const [source, call] = [new Error("source"), new Error("call")];
    function* items(): Generator<number> {
      yield* [5, 1];
      throw source;
    }
    const nap = async (ms: number, scope: CancelScope): Promise<number> => {
      await scope.sleep(ms);
      if (ms === 1) throw call;
      return ms;
    };
    const { error } = await outcomeOf(mapSettled(items(), nap, { clock }));
    expect(error).toBeInstanceOf(ExceptionGroup);
    const group = error as SourceError<number>;
    expect(group.errors).toEqual([source]);
    expect(group.results).toEqual([fulfilled(5), rejected(call)]);
    expect(Object.keys(group)).not.toContain("results");
    expect(clock.now()).toBe(5);
  });

  it("mapSettled rejects with an outer owner's cancellation that interrupted a call or the source (T12, T5)", async () => {
    for (const limit of [1, 2]) {
      using parent = new CancelScope();
      const running = mapSettled([1, 2], () => parent.cancel(), { parent, limit });
      expect(await outcomeOf(running)).toEqual({ error: parent.reason });
    }
    using parent = new CancelScope();
    const running = mapSettled(
      [1, 2],
      (n, scope) => (n === 2 ? scope.sleep(Infinity) : Promise.reject(new Error("no"))),
      {
        parent,
      },
    );
    setImmediate(() => {
      parent.cancel();
    });
    expect(await errorsOf(running)).toEqual([new Error("no")]);
  });

  it("mapSettled keeps the results if an outer cancellation interrupted nothing (T5)", async () => {
    using parent = new CancelScope();
    async function* items(): AsyncGenerator<number> {
      yield 1;
    }
    const result = await mapSettled(items(), (n) => n, { parent });
    parent.cancel();
    expect(result).toEqual([fulfilled(1)]);
  });
});
