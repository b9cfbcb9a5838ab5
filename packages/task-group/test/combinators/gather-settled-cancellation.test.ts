import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import {
  type CancelledError,
  CancelScope,
  ClosedError,
  gatherSettled,
  InvalidStateError,
  type SettledResults,
  type TaskFunction,
} from "../../src/index.js";
import { errorOf, errorsOf, restlessClock } from "../outcome.js";

const forever = (scope: CancelScope): Promise<never> => scope.sleep(Infinity) as Promise<never>;
const failing = (error: unknown) => (): Promise<never> => Promise.reject(error);
const fulfilled = <T>(value: T): PromiseFulfilledResult<T> => ({ status: "fulfilled", value });
const rejected = (reason: unknown): PromiseRejectedResult => ({ status: "rejected", reason });

describe("the results of gatherSettled", () => {
  it("results may be any returned value and any thrown error, also undefined (V10)", async () => {
    const thrown = [undefined, 0, "text", null].map(failing);
    expect(await gatherSettled([...thrown, () => undefined])).toEqual([
      ...[undefined, 0, "text", null].map(rejected),
      fulfilled(undefined),
    ]);
  });

  it("the result of a task that cancelled itself and returned all the same is its value (V10, K2)", async () => {
    expect(await gatherSettled([(scope) => (scope.cancel(), "returned")])).toEqual([fulfilled("returned")]);
  });

  it("a task that leaves scopes open counts as failed (S16)", async () => {
    const [result] = await gatherSettled([(scope) => new CancelScope({ parent: scope, name: "left open" })]);
    expect(result.status).toBe("rejected");
    expect(String((result as PromiseRejectedResult).reason)).toContain('"left open"');
  });

  it("gatherSettled rejects if a scope was left open in the tasks' scope, and loses no failure (S16)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let leftOpen: CancelScope | undefined;
    const leaving = (scope: CancelScope): Promise<unknown> =>
      forever(scope).catch((reason: unknown) => {
        leftOpen = new CancelScope({ parent: (reason as CancelledError).scope, name: "left open", shield: true });
      });
    const no = new Error("no");
    const [first, second] = await errorsOf(gatherSettled([failing(no), leaving], { clock, within: 20 }));
    expect(first).toBe(no);
    expect(second).toBeInstanceOf(InvalidStateError);
    expect(String(second)).toContain('"left open"');
    expect(leftOpen!.reason?.cause).toBe(second);
  });

  it("gatherSettled copies the functions when it is called, and refuses holes (V10)", async () => {
    const fns: TaskFunction<string>[] = [];
    fns.push(() => (fns.push(() => "added"), "first"));
    expect(await gatherSettled(fns)).toEqual([fulfilled("first")]);
    // eslint-disable-next-line no-sparse-arrays -- a mistake that callers may make
    expect(() => gatherSettled([() => expect.unreachable(), , fns[0]] as never)).toThrow(
      "Task 1 must be a function, got undefined.",
    );
  });

  it("the results' type has the positions of tuples, lists and read-only arrays (V10)", () => {
    expectTypeOf<SettledResults<readonly [() => 1, () => Promise<"a">]>>().toEqualTypeOf<
      [PromiseSettledResult<1>, PromiseSettledResult<"a">]
    >();
    expectTypeOf<SettledResults<TaskFunction<number>[]>>().toEqualTypeOf<PromiseSettledResult<number>[]>();
    expectTypeOf<SettledResults<readonly []>>().toEqualTypeOf<[]>();
  });
});

describe("gatherSettled under an outer owner that is cancelled", () => {
  it("gatherSettled starts nothing more if a task cancels the outer owner, and then has no results (V10, T6)", async () => {
    using parent = new CancelScope();
    const results = gatherSettled([() => "first", () => parent.cancel(), () => expect.unreachable()], { parent });
    expect(await errorOf(() => results)).toBe(parent.reason);
  });

  it("gatherSettled never starts queued tasks after an outer cancellation, and then has no results (V10, T8)", async () => {
    using parent = new CancelScope();
    const results = gatherSettled([forever, () => expect.unreachable()], { parent, limit: 1 });
    parent.cancel();
    expect(await errorOf(() => results)).toBe(parent.reason);
  });

  it("gatherSettled keeps the results if the last task to start cancels the outer owner and all return (V10, T5)", async () => {
    using parent = new CancelScope();
    const deaf = (scope: CancelScope): Promise<string> => forever(scope).catch(() => "deaf");
    const results = gatherSettled([deaf, failing("no"), () => (parent.cancel(), "last")], { parent });
    expect(await results).toEqual([fulfilled("deaf"), rejected("no"), fulfilled("last")]);
  });

  it("a task that had cancelled itself before is not interrupted by the outer owner, although it ends later (V10, S2)", async () => {
    using parent = new CancelScope();
    let own: unknown;
    const leaving = async (scope: CancelScope): Promise<void> => {
      scope.cancel("had enough");
      own = scope.reason;
      await scope.checkpoint();
    };
    const results = gatherSettled([leaving], { parent });
    parent.cancel();
    expect(await results).toEqual([rejected(own)]);
  });

  it("gatherSettled waits for the started tasks if an outer deadline passes between two starts (V10, S9)", async () => {
    const clock = restlessClock();
    for (let deadline = 0; deadline < 40; deadline++) {
      clock.time = 0;
      const parent = new CancelScope({ clock, deadline });
      const seen = { deadline, started: 0, unwound: 0 };
      const child = (scope: CancelScope): Promise<never> => {
        seen.started++;
        return forever(scope).finally(() => seen.unwound++);
      };
      const results = gatherSettled([child, child, child], { parent });
      parent.cancel();
      expect(await errorOf(() => results)).toBe(parent.reason);
      expect(seen).toEqual({ ...seen, unwound: seen.started });
      parent.close();
    }
  });

  it("gatherSettled leaves nothing open in its parent, and refuses a closed parent at once (S16)", async () => {
    const parent = new CancelScope();
    await gatherSettled([failing("no"), () => 1], { parent });
    await settled();
    parent.close();
    expect(() => gatherSettled([() => expect.unreachable()], { parent })).toThrow(ClosedError);
  });
});
