import { settled, VirtualClock } from "@selvage/testing";
import { describeTree } from "@selvage/scope/debug";
import { expectTypeOf } from "expect-type";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CancelScope,
  ClosedError,
  gather,
  isCancellation,
  type Results,
  type TaskFunction,
  TaskGroup,
} from "../../src/index.js";
import { errorsOf, outcomeOf } from "../outcome.js";

const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);
const failing = (error: unknown) => (): Promise<never> => Promise.reject(error);

describe("gather", () => {
  it("gather resolves with the results in argument order, whichever function ends first (T11)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const order: number[] = [];
    const sleeper = (ms: number) => async (scope: CancelScope) => {
      await scope.sleep(ms);
      order.push(ms);
      return ms;
    };
    expect(await gather([sleeper(30), sleeper(10), sleeper(20)], { clock })).toEqual([30, 10, 20]);
    expect(order).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(30);
  });

  it("gather keeps tuples as tuples, position by position (T11)", async () => {
    const mixed = gather([
      async () => 1,
      () => "text",
      (scope) => scope.sleep(0).then(() => null),
      async () => "literal" as const,
    ]);
    expectTypeOf(mixed).toEqualTypeOf<Promise<[number, string, null, "literal"]>>();
    expect(await mixed).toEqual([1, "text", null, "literal"]);

    const list: TaskFunction<number>[] = [() => 1, async () => 2];
    const listed = gather(list);
    expectTypeOf(listed).toEqualTypeOf<Promise<number[]>>();
    expect(await listed).toEqual([1, 2]);

    const fixed = [async () => 1, async () => "two"] as const;
    const readonly = gather(fixed);
    expectTypeOf(readonly).toEqualTypeOf<Promise<[number, string]>>();
    expect(await readonly).toEqual([1, "two"]);

    const spread = gather([async () => true, ...list]);
    expectTypeOf(spread).toEqualTypeOf<Promise<[boolean, ...number[]]>>();
    expect(await spread).toEqual([true, 1, 2]);

    expectTypeOf<Results<readonly [() => Promise<Promise<1>>, () => 2]>>().toEqualTypeOf<[1, 2]>();
    expectTypeOf<Results<readonly []>>().toEqualTypeOf<[]>();
  });

  it("gather passes each function its own scope, below one group (T11, K1)", async () => {
    const clock = new VirtualClock();
    const scopes = await gather([(scope) => [scope], (scope) => [scope]], { clock });
    const [[one], [two]] = scopes;
    expect(one).toBeInstanceOf(CancelScope);
    expect(one).not.toBe(two);
    expect([one?.clock, two?.clock]).toEqual([clock, clock]);
  });

  it("gather starts all functions before it returns (T11, K1)", async () => {
    let started = 0;
    const results = gather([() => ++started, () => ++started]);
    expect(started).toBe(2);
    expect(await results).toEqual([1, 2]);
  });

  it("gather of no functions resolves with [], even if the parent is cancelled (T11, T5)", async () => {
    const empty = gather([]);
    expectTypeOf(empty).toEqualTypeOf<Promise<[]>>();
    expect(await empty).toEqual([]);
    using parent = new CancelScope();
    parent.cancel();
    expect(await gather([], { parent })).toEqual([]);
  });

  it("gather runs at most `limit` functions at once, and keeps the order of the results (T11, T8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let running = 0;
    let most = 0;
    const fns = [5, 1, 4, 2, 3].map((ms) => async (scope: CancelScope) => {
      most = Math.max(most, ++running);
      await scope.sleep(ms);
      running--;
      return ms;
    });
    expect(await gather(fns, { limit: 2, clock })).toEqual([5, 1, 4, 2, 3]);
    expect(most).toBe(2);
  });

  it("gather copies the functions when it is called (T11)", async () => {
    const fns: TaskFunction<string>[] = [() => {
      fns[1] = () => "changed";
      fns.push(() => "added");
      return "first";
    }, () => "second"]; // prettier-ignore
    expect(await gather(fns)).toEqual(["first", "second"]);
  });

  it("gather does not wait for the event loop, and leaves no rejection (T11)", async () => {
    const log: string[] = [];
    void gather([async () => log.push("ran")]);
    await settled();
    expect(log).toEqual(["ran"]);
  });
});

describe("gather with a child that fails", () => {
  it("a failure cancels the rest; gather waits for all, and rejects with a group of the one failure (T11, T1, T2, T3)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const error = new Error("boom");
    let cleaned = 0;
    const slow = (scope: CancelScope): Promise<void> =>
      forever(scope).finally(async () => {
        await new CancelScope({ clock }).sleep(25);
        cleaned++;
      });
    expect(await errorsOf(gather([slow, failing(error), slow], { clock }))).toEqual([error]);
    expect(cleaned).toBe(2);
    expect(clock.now()).toBe(25);
  });

  it("gather reports all failures, in order of arrival, and each once (T11, T3)", async () => {
    const [one, two] = [new Error("one"), new Error("two")];
    const unwinding = (scope: CancelScope): Promise<void> => forever(scope).catch(() => Promise.reject(two));
    expect(await errorsOf(gather([unwinding, failing(one)]))).toEqual([one, two]);
  });

  it("gather lists an error that several children share once (T3)", async () => {
    const shared = Promise.reject(new Error("shared"));
    expect(await errorsOf(gather([() => shared, () => shared]))).toEqual([new Error("shared")]);
  });

  it.each([["text"], [0], [undefined], [null], [Symbol("odd")], [NaN]])(
    "gather lists the primitive %s once, although the body sees it too (T3)",
    async (value) => {
      expect(await errorsOf(gather([failing(value), forever]))).toEqual([value]);
    },
  );

  it("gather lists equal primitives of two children twice: they are two failures (T3)", async () => {
    expect(await errorsOf(gather([failing("text"), failing("text")]))).toEqual(["text", "text"]);
  });

  it("a synchronous throw counts like any other failure, once all functions have been started (T11, K1)", async () => {
    const log: string[] = [];
    const error = new Error("at once");
    const results = gather([
      () => {
        throw error;
      },
      () => log.push("started"),
    ]);
    expect(log).toEqual(["started"]);
    expect(await errorsOf(results)).toEqual([error]);
  });

  it("a failure prevents queued children from starting (T8, T2)", async () => {
    const error = new Error("boom");
    expect(await errorsOf(gather([failing(error), () => expect.unreachable()], { limit: 1 }))).toEqual([error]);
  });

  it("a failure causes no unhandled rejection, and no child outlives gather (T1, K3)", async () => {
    const ended: string[] = [];
    const child = (scope: CancelScope): Promise<unknown> => forever(scope).finally(() => ended.push("child"));
    await outcomeOf(gather([child, failing("no"), child]));
    expect(ended).toEqual(["child", "child"]);
    await settled();
  });
});

describe("gather with a child that is cancelled while the group is not", () => {
  it("a cancelled child has no result, which is a failure: the rest are cancelled and waited for (T11)", async () => {
    let own: unknown;
    let sibling = "";
    const results = gather([
      (scope) => forever(scope).finally(() => (sibling = "unwound")),
      (scope) => {
        scope.cancel("had enough");
        own = scope.reason;
        return forever(scope);
      },
    ]);
    expect(await errorsOf(results)).toEqual([own]);
    expect(own).toMatchObject({ cause: "had enough" });
    expect(sibling).toBe("unwound");
  });

  it("a child that its own deadline cancels is a failure, too (T11, S9)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const results = gather(
      [
        (scope) => {
          scope.deadline = 10;
          return forever(scope);
        },
        forever,
      ],
      { clock },
    );
    expect(await errorsOf(results)).toEqual([expect.objectContaining({ name: "AbortError", deadline: 10 })]);
  });

  it("a cancelled child that returns all the same has a result (T11, K2)", async () => {
    const results = gather([
      (scope) => {
        scope.cancel();
        return "kept";
      },
      async () => "other",
    ]);
    expect(await results).toEqual(["kept", "other"]);
  });
});

describe("gather under an outer owner that is cancelled", () => {
  it("gather rejects with the outer CancelledError, bare, if a child was interrupted (T11, T5)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const parent = new CancelScope({ clock, deadline: 10 });
    expect(await outcomeOf(gather([forever, async () => 1], { parent }))).toEqual({ error: parent.reason });
    expect(clock.now()).toBe(10);
    parent.close();
  });

  it("gather keeps the results if nothing was interrupted (T11, T5)", async () => {
    using parent = new CancelScope();
    const results = gather([() => 1, async () => (parent.cancel(), 2)], { parent });
    expect(await results).toEqual([1, 2]);
  });

  it("gather keeps the results of children that ignore the cancellation (T11, K2)", async () => {
    using parent = new CancelScope();
    const deaf = async (scope: CancelScope): Promise<string> => {
      await scope.sleep(Infinity).catch(() => {});
      return "deaf";
    };
    const results = gather([deaf, deaf], { parent });
    parent.cancel();
    expect(await results).toEqual(["deaf", "deaf"]);
  });

  it("gather rejects with the errors of unwinding instead, if there are any (T5)", async () => {
    using parent = new CancelScope();
    const error = new Error("cleanup");
    const results = gather([forever, (scope) => forever(scope).catch(() => Promise.reject(error))], { parent });
    parent.cancel();
    expect(await errorsOf(results)).toEqual([error]);
  });

  it("gather starts nothing if the owner was cancelled before, and nothing more if a child cancels it (T6)", async () => {
    using before = new CancelScope();
    before.cancel();
    expect(await outcomeOf(gather([() => expect.unreachable()], { parent: before }))).toEqual({ error: before.reason });

    using during = new CancelScope();
    const results = gather([() => during.cancel(), () => expect.unreachable()], { parent: during });
    expect(await outcomeOf(results)).toEqual({ error: during.reason });
  });

  it("the outer owner of gather may be an AbortSignal (S8)", async () => {
    const controller = new AbortController();
    const results = gather([forever], { parent: controller.signal });
    controller.abort("gone");
    expect((await outcomeOf(results)).error).toMatchObject({ name: "AbortError", cause: "gone" });
  });

  it("gather shows up as a TaskGroup in the tree (T11)", async () => {
    const parent = new CancelScope();
    const gathering = gather([forever], { parent, name: "both" });
    expect(describeTree(parent)).toContain('TaskGroup "both"');
    parent.cancel();
    expect((await outcomeOf(gathering)).error).toBe(parent.reason);
  });

  it("gather leaves nothing open in its owner (S16)", async () => {
    const parent = new CancelScope();
    await gather([() => 1], { parent });
    await outcomeOf(gather([failing("no"), forever], { parent }));
    parent.close();
  });
});

describe("the misuse of gather", () => {
  it("gather with wrong arguments throws at once, and calls nothing (T11)", () => {
    const never = (): never => expect.unreachable();
    // @ts-expect-error -- tasks are an array
    expect(() => gather(never)).toThrow(
      new TypeError("The tasks must be an array of functions or a plain object of functions, got a function."),
    );
    // @ts-expect-error -- tasks are functions, not promises
    expect(() => gather([never, Promise.resolve()])).toThrow(
      new TypeError("Task 1 must be a function, got an object."),
    );
    // eslint-disable-next-line no-sparse-arrays -- a mistake that callers may make
    expect(() => gather([never, , never] as never)).toThrow(new TypeError("Task 1 must be a function, got undefined."));
    expect(() => gather([never], { limit: 0 })).toThrow(RangeError);
    expect(() => gather([never], { name: 5 as never })).toThrow(TypeError);
    const closed = new CancelScope();
    closed.close();
    expect(() => gather([never], { parent: closed })).toThrow(ClosedError);
  });
});

describe("gather of children that cancel themselves", () => {
  const giveUp = (scope: CancelScope): Promise<void> => {
    scope.cancel();
    return scope.sleep(0);
  };

  it("gather starts no queued child after a child has cancelled itself (T11)", async () => {
    let started = false;
    const errors = await errorsOf(gather([giveUp, () => (started = true)], { limit: 1 }));
    expect(errors.map((error) => isCancellation(error))).toEqual([true]);
    expect(started).toBe(false);
  });

  it("gather fails although an outer owner cancels before a child's end is known, if nothing was interrupted (T11)", async () => {
    const outer = new CancelScope();
    const gathering = gather([giveUp, async () => 1], { parent: outer });
    outer.cancel();
    const errors = await errorsOf(gathering);
    expect(errors.map((error) => isCancellation(error))).toEqual([true]);
  });
});

describe("gather compared with a TaskGroup whose body awaits its children", () => {
  const milliseconds = fc.noBias(fc.integer({ min: 1, max: 1_000_000 })); // so many that no two events coincide
  const plan = fc.record({
    children: fc.array(
      fc.record({ ms: milliseconds, end: fc.constantFrom("return", "swallow", "fail", "fail late") }),
      { maxLength: 6 },
    ),
    limit: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    outerCancels: fc.option(milliseconds, { nil: undefined }),
  });
  type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never;

  function functionsOf({ children }: Plan): TaskFunction<number>[] {
    return children.map(({ ms, end }, index) => async (scope: CancelScope): Promise<number> => {
      try {
        await scope.sleep(ms);
      } catch (error) {
        if (end === "fail late") throw new Error(`late ${index}`, { cause: error });
        if (end !== "swallow") throw error;
      }
      if (end === "fail") throw new Error(`at ${index}`);
      return index;
    });
  }

  async function observed(
    { limit, outerCancels }: Plan,
    run: (options: { limit: number | undefined; parent: CancelScope }) => Promise<number[]>,
  ): Promise<unknown> {
    const clock = new VirtualClock({ autojump: true });
    const outer = new CancelScope({ clock });
    if (outerCancels !== undefined) clock.setTimer(() => outer.cancel("outer"), outerCancels);
    const running = run({ limit, parent: outer });
    const { value, error } = await outcomeOf(running);
    const outcome =
      value ?? (error === outer.reason ? "outer" : (await errorsOf(running)).map((member) => String(member)));
    return { outcome, at: clock.now() };
  }

  it("gather has the same outcome, whichever child fails, is cancelled or is queued (T11)", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (plan) => {
        const byHand = await observed(plan, (options) =>
          TaskGroup.run((group) => Promise.all(functionsOf(plan).map((fn) => group.createTask(fn))), options),
        );
        expect(await observed(plan, (options) => gather(functionsOf(plan), options))).toEqual(byHand);
      }),
      { numRuns: 1_000 },
    );
  });
});
