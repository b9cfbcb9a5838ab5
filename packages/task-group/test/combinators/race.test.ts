import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { any, CancelScope, ClosedError, race, type ResultOf } from "../../src/index.js";
import { errorsOf, outcomeOf, restlessClock } from "../outcome.js";

const forever = (scope: CancelScope): Promise<never> => scope.sleep(Infinity) as Promise<never>;
const failing = (error: unknown) => (): Promise<never> => Promise.reject(error);
const failingAfter = (ms: number, error: unknown) => (scope: CancelScope) =>
  scope.sleep(ms).then((): Promise<never> => Promise.reject(error));
const after =
  <T>(ms: number, value: T) =>
  (scope: CancelScope): Promise<T> =>
    scope.sleep(ms).then(() => value);
const unwindingWith = (error: unknown) => (scope: CancelScope) => forever(scope).catch(failing(error));

describe.each([
  ["race", race],
  ["any", any],
] as const)("%s", (kind, contest) => {
  it("the first value to be returned wins (T11)", async () => {
    const clock = new VirtualClock({ autojump: true });
    expect(await contest([after(30, "slow"), after(10, "fast"), after(20, "middling")], { clock })).toBe("fast");
    expect(clock.now()).toBe(10);
  });

  it("the result's type is the union of the functions' results (T11)", async () => {
    const won = contest([async () => 1, () => "text", () => null]);
    expectTypeOf(won).toEqualTypeOf<Promise<number | string | null>>();
    expectTypeOf(contest([() => Promise.resolve(true)] as const)).toEqualTypeOf<Promise<boolean>>();
    expectTypeOf<ResultOf<readonly (() => Promise<Promise<1>>)[]>>().toEqualTypeOf<1>();
    expect(await won).toBe(1);
  });

  it("of functions that end in the same step, the first in the list wins (T11)", async () => {
    expect(await contest([async () => "one", async () => "two"])).toBe("one");
  });

  it("the losers are cancelled and waited for (T11, T1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const loser = (scope: CancelScope): Promise<never> =>
      forever(scope).finally(async () => {
        await new CancelScope({ clock }).sleep(50);
        log.push(String((scope.reason as Error).cause));
      });
    expect(await contest([loser, after(1, "winner")], { clock })).toBe("winner");
    expect(log).toEqual([`the ${kind} is won`]);
    expect(clock.now()).toBe(51);
  });

  it("a loser that ignores its cancellation is waited for, and its value is dropped (T11, T1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const deaf = (): Promise<string> => new CancelScope({ clock }).sleep(1_000).then(() => "deaf");
    expect(await contest([deaf, async () => "winner"], { clock })).toBe("winner");
    expect(clock.now()).toBe(1_000);
  });

  it("undefined may win (T11)", async () => {
    expect(await contest([() => undefined, forever])).toBeUndefined();
  });

  it("queued functions never start after the win (T11, T8)", async () => {
    expect(await contest([async () => "first", () => expect.unreachable()], { limit: 1 })).toBe("first");
  });

  it("a loser that has cancelled itself loses like any other (T11, K5)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const leaving = async (scope: CancelScope): Promise<never> => {
      scope.cancel("I give up");
      await new CancelScope({ clock }).sleep(20);
      return forever(scope);
    };
    expect(await contest([leaving, after(10, "winner")], { clock })).toBe("winner");
    expect(clock.now()).toBe(20);
  });

  it("no functions are a TypeError, and nothing stays open (T11)", async () => {
    const parent = new CancelScope();
    const empty = contest([], { parent });
    expectTypeOf(empty).toEqualTypeOf<Promise<never>>();
    expect((await outcomeOf(empty)).error).toEqual(new TypeError(`${kind}() needs at least one task.`));
    parent.close();
  });

  it("misuse throws at once, also with no functions, and calls nothing (T11)", () => {
    const never = (): never => expect.unreachable();
    // @ts-expect-error -- tasks are an array
    expect(() => contest(never)).toThrow(new TypeError("The tasks must be an array of functions, got a function."));
    // @ts-expect-error -- tasks are functions, not promises
    expect(() => contest([never, Promise.resolve()])).toThrow(TypeError);
    // eslint-disable-next-line no-sparse-arrays -- a mistake that callers may make
    expect(() => contest([never, , never] as never)).toThrow(
      new TypeError("Task 1 must be a function, got undefined."),
    );
    expect(() => contest([never], { limit: 0 })).toThrow(RangeError);
    expect(() => contest([], { limit: 0 })).toThrow(RangeError);
    const closed = new CancelScope();
    closed.close();
    expect(() => contest([never], { parent: closed })).toThrow(ClosedError);
  });

  it("the call leaves nothing open in its parent, however it ends (S16)", async () => {
    const parent = new CancelScope();
    await contest([() => 1, forever], { parent });
    await outcomeOf(contest([failing("no")], { parent }));
    parent.close();
  });

  it("the winning value is returned although a loser leaves scopes open in the call's own scope (T11)", async () => {
    const leaving = async (scope: CancelScope): Promise<void> => {
      await forever(scope).catch(() => {});
      new CancelScope({ parent: (scope.reason as unknown as { scope: CancelScope }).scope, name: "left open" });
    };
    expect(await contest([async () => "won", leaving])).toBe("won");
  });

  describe("under an outer owner that is cancelled", () => {
    it("the call rejects with the outer CancelledError if nothing has won before (T11, T5)", async () => {
      const clock = new VirtualClock({ autojump: true });
      const parent = new CancelScope({ clock, deadline: 10 });
      expect(await outcomeOf(contest([forever, after(20, 1)], { parent }))).toEqual({ error: parent.reason });
      expect(clock.now()).toBe(10);
      parent.close();
    });

    it("the call starts nothing if the owner was cancelled before (T6)", async () => {
      using parent = new CancelScope();
      parent.cancel();
      expect(await outcomeOf(contest([() => expect.unreachable()], { parent }))).toEqual({ error: parent.reason });
    });

    it("the call starts nothing more if a child cancels the owner, and waits for the started children (T6, T1)", async () => {
      const clock = new VirtualClock({ autojump: true });
      using parent = new CancelScope({ clock });
      const cleaning = (scope: CancelScope): Promise<never> =>
        forever(scope).finally(() => new CancelScope({ clock }).sleep(5));
      const cancelling = (scope: CancelScope): Promise<never> => (parent.cancel(), forever(scope));
      const contested = contest([cleaning, cancelling, () => expect.unreachable()], { parent });
      expect(await outcomeOf(contested)).toEqual({ error: parent.reason });
      expect(clock.now()).toBe(5);
    });

    it("the call waits for the started children if an outer deadline passes between two starts (T1, S9)", async () => {
      const clock = restlessClock();
      let unwound = 0;
      const child = (scope: CancelScope): Promise<never> => forever(scope).finally(() => unwound++);
      for (let deadline = 0; deadline < 40; deadline++) {
        clock.time = 0;
        const parent = new CancelScope({ clock, deadline });
        let started = 0;
        unwound = 0;
        const fns = [1, 2, 3].map(() => (scope: CancelScope) => (started++, child(scope)));
        const contested = contest(fns, { parent });
        parent.cancel();
        expect(await outcomeOf(contested)).toEqual({ error: parent.reason });
        expect({ deadline, unwound }).toEqual({ deadline, unwound: started });
        parent.close();
      }
    });

    it("an outer cancellation after the win, while losers unwind, changes nothing (T11)", async () => {
      const clock = new VirtualClock({ autojump: true });
      using parent = new CancelScope({ clock });
      const loser = (scope: CancelScope): Promise<never> =>
        forever(scope).finally(async () => {
          parent.cancel();
          await new CancelScope({ clock }).sleep(5);
        });
      expect(await contest([loser, async () => "winner"], { parent })).toBe("winner");
    });

    it("a child that returns all the same wins (T11, K2)", async () => {
      using parent = new CancelScope();
      const deaf = (scope: CancelScope): Promise<string> => forever(scope).catch(() => "deaf");
      const contested = contest([forever, deaf], { parent });
      parent.cancel();
      expect(await contested).toBe("deaf");
    });

    it("the call rejects with a group of the errors thrown while unwinding (T11, T5)", async () => {
      using parent = new CancelScope();
      const error = new Error("cleanup");
      const contested = contest([forever, unwindingWith(error)], { parent });
      parent.cancel();
      expect(await errorsOf(contested)).toEqual([error]);
    });

    it("the outer owner's error is thrown, not that of a child that had cancelled itself and ended later (T11, T5)", async () => {
      using parent = new CancelScope();
      const contested = contest([forever, (scope) => (scope.cancel("I give up"), scope.checkpoint())], { parent });
      parent.cancel();
      expect(await outcomeOf(contested)).toEqual({ error: parent.reason });
    });

    it("the owner may be an AbortSignal (S8)", async () => {
      const controller = new AbortController();
      const contested = contest([forever], { parent: controller.signal });
      controller.abort("gone");
      expect((await outcomeOf(contested)).error).toMatchObject({ name: "AbortError", cause: "gone" });
    });
  });
});

describe("race", () => {
  it("race throws a first failure bare, after cancelling the rest (T11)", async () => {
    const error = new Error("mirror 1 is down");
    let unwound = 0;
    const loser = (scope: CancelScope): Promise<never> => forever(scope).finally(() => unwound++);
    expect(await outcomeOf(race([loser, failing(error), loser]))).toEqual({ error });
    expect(unwound).toBe(2);
  });

  it.each([["text"], [0], [null], [undefined]])(
    "race throws %s bare as well: anything can be thrown (T11)",
    async (value) => {
      expect(await Promise.allSettled([race([failing(value), forever])])).toEqual([
        { status: "rejected", reason: value },
      ]);
    },
  );

  it("race throws a synchronous failure like any other, once all functions have been started (T11, K1)", async () => {
    const error = new Error("at once");
    let started = false;
    const contested = race([
      () => {
        throw error;
      },
      (scope) => ((started = true), forever(scope)),
    ]);
    expect(started).toBe(true);
    expect(await outcomeOf(contested)).toEqual({ error });
  });

  it("race makes a group of a failure and of what losers throw while they unwind, the failure first (T11)", async () => {
    const [first, one, two] = [new Error("first"), new Error("one"), "two"];
    const contested = race([unwindingWith(one), failing(first), unwindingWith(two)]);
    expect(await errorsOf(contested)).toEqual([first, one, two]);
  });

  it("race returns a value that has won, whatever the losers do (T11)", async () => {
    expect(await race([unwindingWith(new Error("cleanup")), async () => "winner"])).toBe("winner");
    expect(await race([async () => "a", failing(new Error("b"))])).toBe("a");
  });

  it("race names the failed tasks in its group (E8)", async () => {
    const down = (): Promise<never> => Promise.reject(new Error("down"));
    const cleanup = (scope: CancelScope): Promise<never> => unwindingWith("cleanup")(scope);
    const { error } = await outcomeOf(race([cleanup, down], { name: "mirrors" }));
    expect((error as { tasks?: unknown }).tasks).toEqual(["down", "cleanup"]);
  });

  it("race throws bare the error that several tasks share (T11, T3)", async () => {
    const error = new Error("shared");
    const shared = Promise.reject(error);
    expect(await outcomeOf(race([() => shared, () => shared, forever]))).toEqual({ error });
  });

  it("race lists equal primitives twice: they are two failures (T3)", async () => {
    expect(await errorsOf(race([failing("text"), failing("text")]))).toEqual(["text", "text"]);
  });

  it("a child that cancels itself ends the race: its CancelledError is thrown bare (T11)", async () => {
    let own: unknown;
    const contested = race([
      forever,
      (scope) => {
        scope.cancel("had enough");
        own = scope.reason;
        return forever(scope);
      },
    ]);
    expect(await outcomeOf(contested)).toEqual({ error: own });
    expect(own).toMatchObject({ cause: "had enough" });
  });

  it("race with a limit of one runs the first function in the list, which wins or fails (T11, T8)", async () => {
    const error = new Error("first");
    expect(await outcomeOf(race([failing(error), () => expect.unreachable()], { limit: 1 }))).toEqual({ error });
  });

  it("race causes no unhandled rejection, whatever the losers do (T11, K3)", async () => {
    await outcomeOf(race([failing("one"), failing("two"), unwindingWith("three"), forever]));
    await settled();
  });
});

describe("any", () => {
  it("any discards failures before the first success, and after (T11)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const fns = [failing("at once"), failingAfter(5, "early"), after(10, "winner"), unwindingWith("cleanup")];
    expect(await any(fns, { clock })).toBe("winner");
    expect(clock.now()).toBe(10);
  });

  it("any continues when one fails: the others are not cancelled (T11)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let cancelled: boolean | undefined;
    const watching = async (scope: CancelScope): Promise<string> => {
      await scope.sleep(10);
      cancelled = scope.cancelled;
      return "winner";
    };
    expect(await any([failing("no"), watching], { clock })).toBe("winner");
    expect(cancelled).toBe(false);
  });

  it("any rejects with a group if all failed, even a single one, in order of arrival (T11)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const [one, two] = [new Error("one"), new Error("two")];
    const contested = any([failingAfter(20, two), failingAfter(10, one)], { clock });
    expect(await errorsOf(contested)).toEqual([one, two]);
    expect(await errorsOf(any([failing(one)]))).toEqual([one]);
    expect(await errorsOf(any([failing("text"), failing("text")]))).toEqual(["text", "text"]);
  });

  it("any counts a child that cancels itself as a failure (T11)", async () => {
    let own: unknown;
    const leaving = (scope: CancelScope): Promise<never> => {
      scope.cancel("had enough");
      own = scope.reason;
      return forever(scope);
    };
    expect(await any([leaving, (scope) => scope.checkpoint().then(() => "winner")])).toBe("winner");
    const error = new Error("no");
    expect(await errorsOf(any([leaving, failing(error)]))).toEqual([own, error]);
    expect(await errorsOf(any([leaving]))).toEqual([own]);
  });

  it("any with a limit of one tries one function after the other (T11, T8)", async () => {
    const tried: number[] = [];
    const attempt = (number: number, end: () => Promise<string>) => () => (tried.push(number), end());
    const winner = (): Promise<string> => Promise.resolve("second");
    const fns = [attempt(1, failing("no")), attempt(2, winner), attempt(3, winner)];
    expect(await any(fns, { limit: 1 })).toBe("second");
    expect(tried).toEqual([1, 2]);
  });

  it("any rejects with a group of the earlier failures if an outer owner cancelled the rest (T11, T5)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const parent = new CancelScope({ clock, deadline: 10 });
    const error = new Error("early");
    expect(await errorsOf(any([failingAfter(5, error), forever], { parent }))).toEqual([error]);
    parent.close();
  });
});
