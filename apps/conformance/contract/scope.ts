import {
  CancelledError,
  CancelScope,
  type Clock,
  ClosedError,
  ExceptionGroup,
  InvalidStateError,
  isCancellation,
  now,
} from "@selvage/scope";
import { describeTree, snapshot } from "@selvage/scope/debug";
import { VirtualClock } from "@selvage/testing";
import { assert } from "chai";
import {
  type Check,
  collectGarbage,
  needsRuntimeAlone,
  rejection,
  suite,
  takeUncaught,
  thrown,
  turn,
} from "./harness.js";

const never = new Promise<never>(() => {});

export const scope: readonly Check[] = suite("@selvage/scope", (check) => {
  check("S1", "a scope is cancelled with its ancestors, and stays cancelled", () => {
    const parent = new CancelScope();
    const child = new CancelScope({ parent });
    const states = (): boolean[] => [parent, child].flatMap((one) => [one.cancelled, one.cancelCalled]);
    assert.deepEqual(states(), [false, false, false, false]);
    parent.cancel();
    assert.deepEqual(states(), [true, true, true, false]);
    child.cancel();
    assert.deepEqual(states(), [true, true, true, true]);
  });

  check("S1", "cancelling a child does not cancel its parent or siblings", () => {
    const parent = new CancelScope();
    const [one, other] = [new CancelScope({ parent }), new CancelScope({ parent })];
    one.cancel();
    assert.isFalse(parent.cancelled || other.cancelled);
  });

  check("S2", "the first reason wins, in the scope and below it", () => {
    const parent = new CancelScope();
    const child = new CancelScope({ parent });
    child.cancel("first");
    parent.cancel("second");
    parent.cancel("third");
    assert.strictEqual(child.reason?.cause, "first");
    assert.strictEqual(parent.reason?.cause, "second");
  });

  check("S2", "everything is marked before any listener runs; parents run before children, siblings in order", () => {
    const parent = new CancelScope();
    const children = [new CancelScope({ parent }), new CancelScope({ parent })];
    const heard: string[] = [];
    children.forEach((child, index) => child.onCancel(() => heard.push(`child ${index}`)));
    parent.onCancel(() => heard.push(`parent, children marked: ${children.every(({ cancelled }) => cancelled)}`));
    parent.cancel();
    assert.deepEqual(heard, ["parent, children marked: true", "child 0", "child 1"]);
  });

  check("S3", "a tree 100,000 levels deep cancels without overflowing the stack", () => {
    const root = new CancelScope();
    let leaf = root;
    for (let level = 0; level < 100_000; level++) leaf = new CancelScope({ parent: leaf });
    root.cancel();
    assert.strictEqual(leaf.reason, root.reason);
  });

  check("S3", "a tree 100,000 wide cancels every branch", () => {
    const root = new CancelScope();
    let heard = 0;
    for (let branch = 0; branch < 100_000; branch++) new CancelScope({ parent: root }).onCancel(() => heard++);
    root.cancel();
    assert.strictEqual(heard, 100_000);
  });

  check("S3", "a listener that is disposed of, or whose scope is closed, before its turn does not run", () => {
    const root = new CancelScope();
    const [first, closed] = [new CancelScope({ parent: root }), new CancelScope({ parent: root })];
    const heard: string[] = [];
    first.onCancel(() => {
      handle[Symbol.dispose]();
      closed.close();
    });
    const handle = first.onCancel(() => heard.push("disposed of"));
    closed.onCancel(() => heard.push("closed"));
    root.cancel();
    assert.deepEqual(heard, []);
  });

  check("S3", "a scope that is created under a cancelled one is cancelled from the start", () => {
    const parent = new CancelScope();
    parent.cancel();
    assert.strictEqual(new CancelScope({ parent }).reason, parent.reason);
  });

  check("S4", "a listener that throws does not stop the others, and its error is uncaught", async () => {
    const root = new CancelScope();
    const error = new Error("a listener failed");
    const heard: boolean[] = [];
    root.onCancel(() => {
      throw error;
    });
    root.onCancel(({ scope: cancelled }) => heard.push(cancelled === root));
    root.cancel();
    assert.deepEqual(heard, [true]);
    assert.deepEqual(await takeUncaught(), [error]);
  });

  check("S4", "the error of a listener that is called at once is uncaught", async () => {
    const root = new CancelScope();
    const error = new Error("a late listener failed");
    root.cancel();
    root.onCancel(() => {
      throw error;
    });
    assert.deepEqual(await takeUncaught(), [error]);
  });

  check("S5", "the signal is a platform's AbortSignal, always the same, and aborts with the scope's reason", () => {
    const root = new CancelScope();
    const { signal } = root;
    assert.instanceOf(signal, AbortSignal);
    assert.strictEqual(root.signal, signal);
    let heard: unknown;
    signal.addEventListener("abort", () => {
      heard = signal.reason;
    });
    root.cancel("why");
    assert.isTrue(signal.aborted);
    assert.strictEqual(heard, root.reason);
    assert.strictEqual(
      thrown(() => signal.throwIfAborted()),
      root.reason,
    );
  });

  check("S5", "a signal that is first read after the cancellation is already aborted", () => {
    const root = new CancelScope();
    root.cancel();
    assert.isTrue(root.signal.aborted);
    assert.strictEqual(root.signal.reason, root.reason);
  });

  check("S6", "onCancel on a cancelled scope calls the listener at once", () => {
    const root = new CancelScope();
    root.cancel("why");
    let heard: unknown;
    root.onCancel(({ cause }) => {
      heard = cause;
    });
    assert.strictEqual(heard, "why");
  });

  check("S6", "disposing of the handle of onCancel unregisters the listener", () => {
    const root = new CancelScope();
    let heard = 0;
    root.onCancel(() => heard++)[Symbol.dispose]();
    {
      using _handle = root.onCancel(() => heard++);
    }
    root.cancel();
    assert.strictEqual(heard, 0);
  });

  check("S7", "a CancelledError looks like the platform's abort, and names scope and cause", () => {
    const root = new CancelScope({ name: "upload" });
    root.cancel("why");
    const reason = root.reason!;
    assert.isTrue(reason instanceof CancelledError);
    assert.instanceOf(reason, Error);
    assert.strictEqual(reason.name, "AbortError");
    assert.strictEqual(reason.code, "ABORT_ERR");
    assert.strictEqual(reason.cause, "why");
    assert.strictEqual(reason.scope, root);
    assert.include(reason.message, "upload");
    assert.notInclude(Object.keys(reason), "scope");
  });

  check("S7", "a cancellation has one error, shared by everything that it reaches", () => {
    const root = new CancelScope();
    const leaf = new CancelScope({ parent: new CancelScope({ parent: root }) });
    root.cancel();
    assert.strictEqual(leaf.reason, root.reason);
    assert.strictEqual(
      thrown(() => leaf.throwIfCancelled()),
      root.reason,
    );
  });

  check("S7", "only a scope creates a CancelledError", () => {
    assert.instanceOf(
      thrown(() => new (CancelledError as unknown as new () => Error)()),
      TypeError,
    );
  });

  check("S8", "an AbortSignal as parent cancels the scope, and owns the cancellation", () => {
    const controller = new AbortController();
    const child = new CancelScope({ parent: controller.signal });
    controller.abort("the user left");
    assert.isTrue(child.cancelled);
    assert.strictEqual(child.reason?.cause, "the user left");
    assert.notStrictEqual(child.reason?.scope, child);
    assert.isFalse(child.cancelCalled);
  });

  check("S8", "a signal that has already aborted works as a parent", () => {
    assert.strictEqual(new CancelScope({ parent: AbortSignal.abort("early") }).reason?.cause, "early");
  });

  check("S8", "the signal of a scope as parent is the same as the scope as parent", () => {
    const parent = new CancelScope();
    const child = new CancelScope({ parent: parent.signal });
    parent.cancel();
    assert.strictEqual(child.reason, parent.reason);
  });

  check("S8", "the platform's AbortSignal.timeout cancels a scope below it", async () => {
    const child = new CancelScope({ parent: AbortSignal.timeout(5) });
    const error = (await rejection(child.sleep(Infinity))) as CancelledError;
    assert.strictEqual(error, child.reason);
    assert.strictEqual((error.cause as Error).name, "TimeoutError");
  });

  check("S8", "one listener is added to the signal, for all scopes below it, and is removed on close", () => {
    const { signal } = new AbortController();
    const calls: string[] = [];
    for (const name of ["addEventListener", "removeEventListener"] as const) {
      const real = signal[name].bind(signal) as (...args: unknown[]) => void;
      const counted = (...args: unknown[]): void => {
        calls.push(name);
        real(...args);
      };
      Object.defineProperty(signal, name, { value: counted });
    }
    const children = [new CancelScope({ parent: signal }), new CancelScope({ parent: signal })];
    assert.deepEqual(calls, ["addEventListener"]);
    for (const child of children) child.close();
    assert.deepEqual(calls, ["addEventListener", "removeEventListener"]);
  });

  check("S9", "a loop that only computes honours a deadline, although the event loop does not turn", () => {
    const computing = new CancelScope({ deadline: now() + 5 });
    const giveUp = now() + 20_000;
    let rounds = 0;
    while (!computing.cancelled && now() < giveUp) rounds++;
    assert.isTrue(computing.cancelled, `cancelled after ${rounds} rounds`);
    assert.strictEqual(computing.reason?.scope, computing);
  });

  check("S9", "the earliest deadline that passed owns the cancellation; among equal ones, the outermost", async () => {
    const clock = new VirtualClock();
    const outer = new CancelScope({ clock, deadline: 10 });
    const [equal, earlier] = [
      new CancelScope({ parent: outer, deadline: 10 }),
      new CancelScope({ parent: outer, deadline: 5 }),
    ];
    await clock.advance(20);
    assert.strictEqual(equal.reason?.scope, outer);
    assert.strictEqual(earlier.reason?.scope, earlier);
    assert.isTrue(equal.cancelCalled);
  });

  check("S10", "a deadline cancels when the platform's timer fires, and not before", async () => {
    let earlier = false;
    setTimeout(() => {
      earlier = true;
    }, 5);
    const root = new CancelScope({ deadline: now() + 10 });
    await new Promise<void>((resolve) => root.onCancel(() => resolve()));
    assert.isTrue(earlier);
    assert.strictEqual(root.reason?.scope, root);
    assert.strictEqual(root.effectiveDeadline, -Infinity);
  });

  check("S10", "a deadline may be moved either way, and moving it never revives a cancelled scope", async () => {
    const clock = new VirtualClock();
    const root = new CancelScope({ clock, deadline: 10 });
    root.deadline = 30;
    await clock.advanceTo(20);
    assert.isFalse(root.cancelled);
    root.deadline = 15;
    assert.isTrue(root.cancelled);
    root.deadline = 100;
    assert.isTrue(root.cancelled);
  });

  check("S10", "a time beyond the range of the platform's timers does not fire early", async () => {
    const root = new CancelScope({ deadline: now() + 2 ** 40 });
    let slept = false;
    const sleeping = root.sleep(2 ** 35).then(() => {
      slept = true;
    });
    for (let turns = 0; turns < 5; turns++) await turn();
    assert.isFalse(root.cancelled || slept);
    root.cancel();
    await rejection(sleeping);
  });

  check("S10", "a deadline of NaN is a TypeError, and the effective deadline is the earliest visible one", () => {
    const root = new CancelScope({ deadline: now() + 10_000 });
    const child = new CancelScope({ parent: root });
    assert.strictEqual(child.deadline, Infinity);
    assert.strictEqual(child.effectiveDeadline, root.deadline);
    assert.instanceOf(
      thrown(() => (root.deadline = NaN)),
      TypeError,
    );
    child.close();
    root.close();
  });

  check("S11", "a shield hides the cancellation and deadline of ancestors, and keeps its own", async () => {
    const clock = new VirtualClock();
    const parent = new CancelScope({ clock, deadline: 10 });
    const shielded = new CancelScope({ parent, shield: true, deadline: 20 });
    const below = new CancelScope({ parent: shielded });
    await clock.advanceTo(15);
    assert.isTrue(parent.cancelled);
    assert.isFalse(shielded.cancelled || below.cancelled);
    await clock.advanceTo(25);
    assert.strictEqual(below.reason?.scope, shielded);
  });

  check("S12", "sleep waits for its time with the platform's timers", async () => {
    const order: string[] = [];
    const root = new CancelScope();
    setTimeout(() => order.push("the platform's, after 5 ms"), 5);
    const sleeps = [15, 10].map((ms) => root.sleep(ms).then(() => order.push(`${ms} ms`)));
    await Promise.all(sleeps);
    assert.deepEqual(order, ["the platform's, after 5 ms", "10 ms", "15 ms"]);
  });

  check("S12", "sleep and race reject as soon as the scope is cancelled", async () => {
    const root = new CancelScope();
    const waits = [root.sleep(60_000), root.sleep(Infinity), root.race(never)];
    root.cancel();
    for (const wait of waits) assert.strictEqual(await rejection(wait), root.reason);
    assert.strictEqual(await rejection(root.sleep(0)), root.reason);
    assert.strictEqual(await rejection(root.race(Promise.resolve(1))), root.reason);
  });

  check("S12", "sleep and race reject with a ClosedError when the scope is closed", async () => {
    const root = new CancelScope();
    const waits = [root.sleep(60_000), root.race(never)];
    root.close();
    for (const wait of waits) assert.instanceOf(await rejection(wait), ClosedError);
  });

  check("S12", "rejections of sleep and race, and late ones of abandoned promises, are never unhandled", async () => {
    const root = new CancelScope();
    let fail!: (error: Error) => void;
    void root.race(new Promise((_, reject) => (fail = reject)));
    void root.sleep(60_000);
    root.cancel();
    fail(new Error("late"));
    assert.deepEqual(await takeUncaught(), []);
  });

  check("S12", "sleep clears its timer", async () => {
    const clock = new VirtualClock();
    const root = new CancelScope({ clock });
    const sleeping = root.sleep(60_000);
    assert.strictEqual(clock.pending, 1);
    root.cancel();
    await rejection(sleeping);
    assert.strictEqual(clock.pending, 0);
  });

  check("S12", "race passes on the value or the error of the promise", async () => {
    const root = new CancelScope();
    const error = new Error("its own");
    assert.strictEqual(await root.race(Promise.resolve("value")), "value");
    assert.strictEqual(await rejection(root.race(Promise.reject(error))), error);
  });

  check("S12", "races on one long-lived promise retain nothing", async () => {
    const results: WeakRef<object>[] = [];
    const release: (() => void)[] = [];
    const longLived = new Promise<void>((resolve) => release.push(resolve));
    for (let times = 0; times < 200; times++) {
      const root = new CancelScope();
      results.push(new WeakRef(root));
      const race = root.race(longLived);
      root.cancel();
      await rejection(race);
    }
    await collectGarbage();
    const left = results.filter((result) => result.deref() !== undefined).length;
    release[0]!();
    assert.isAtMost(left, 20, "of 200 scopes whose race is over");
  });

  check("S13", "checkpoint lets the event loop turn, then throws if the scope is cancelled", async () => {
    const root = new CancelScope();
    const turned: boolean[] = [];
    setTimeout(() => turned.push(true), 0);
    for (let times = 0; times < 10_000 && turned.length === 0; times++) await root.checkpoint();
    assert.deepEqual(turned, [true]);
    root.cancel();
    assert.strictEqual(await rejection(root.checkpoint()), root.reason);
  });

  check("S14", "run absorbs its own cancellation", async () => {
    const root = new CancelScope();
    const running = root.run((own) => own.sleep(60_000).then(() => "late"));
    root.cancel();
    assert.isUndefined(await running);
    assert.isTrue(root.cancelledCaught);
  });

  check("S14", "run passes on the cancellation of an outer owner, which absorbs it", async () => {
    const outer = new CancelScope();
    let passed: unknown;
    const running = outer.run(async (parent) => {
      const inner = CancelScope.run((own) => own.sleep(60_000), { parent });
      outer.cancel();
      passed = await rejection(inner);
      throw passed;
    });
    assert.isUndefined(await running);
    assert.strictEqual(passed, outer.reason);
  });

  check("S14", "the platform's AbortError of an outer cancellation becomes the scope's reason", async () => {
    const controller = new AbortController();
    const root = new CancelScope({ parent: controller.signal });
    const running = root.run(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        }),
    );
    controller.abort();
    assert.strictEqual(await rejection(running), root.reason);
  });

  check("S14", "run keeps a value although the scope was cancelled, and passes an error through", async () => {
    const kept = new CancelScope();
    const error = new Error("its own");
    const value = await kept.run((own) => {
      own.cancel();
      return "value";
    });
    assert.strictEqual(value, "value");
    assert.isFalse(kept.cancelledCaught);
    const failing = CancelScope.run((own) => {
      own.cancel();
      throw error;
    });
    assert.strictEqual(await rejection(failing), error);
  });

  check(
    "S14",
    "run passes a cancellation of another scope through, although it came with the scope's own",
    async () => {
      const stranger = new CancelScope();
      stranger.cancel();
      const root = new CancelScope();
      let error: unknown;
      const running = root.run((own) => {
        own.cancel();
        error = new AggregateError([own.reason, new Error("outer", { cause: stranger.reason })]);
        throw error;
      });
      assert.strictEqual(await rejection(running), error);
      assert.isFalse(root.cancelledCaught);
    },
  );

  check("S14", "a scope runs once", async () => {
    const root = new CancelScope();
    await root.run(() => {});
    assert.instanceOf(
      thrown(() => root.run(() => {})),
      InvalidStateError,
    );
  });

  check("S15", "isCancellation accepts the scope's reason, errors that carry it, and abort errors", () => {
    const root = new CancelScope();
    const abort = new DOMException("aborted", "AbortError");
    const coded = Object.assign(new Error("cancelled"), { code: "ERR_CANCELED" });
    assert.isFalse(isCancellation(abort, root), "before the cancellation");
    root.cancel();
    for (const error of [root.reason, new Error("outer", { cause: root.reason }), abort, coded]) {
      assert.isTrue(isCancellation(error, root), String(error));
    }
    assert.isFalse(isCancellation(new Error("other"), root));
  });

  check("S15", "an aggregate is classified by its members, and an empty one is a failure", () => {
    const root = new CancelScope();
    root.cancel();
    assert.isTrue(isCancellation(new AggregateError([root.reason, root.reason])));
    assert.isFalse(isCancellation(new AggregateError([root.reason, new Error("other")])));
    assert.isFalse(isCancellation(new AggregateError([]), root));
  });

  check("S15", "isCancellation ends on cycles of causes", () => {
    const error = new Error("cyclic");
    error.cause = new Error("back", { cause: error });
    assert.isFalse(isCancellation(error));
  });

  check("S15", "the rejection of fetch with the scope's signal is a cancellation", async () => {
    const root = new CancelScope();
    root.cancel();
    const error = await rejection(fetch("http://127.0.0.1:9/", { signal: root.signal }));
    assert.isTrue(isCancellation(error, root), String(error));
  });

  check(
    "S16",
    "closing detaches a scope; closing one with live children throws, names them and changes nothing",
    () => {
      const parent = new CancelScope();
      const child = new CancelScope({ parent, name: "left open" });
      const error = thrown(() => parent.close());
      assert.instanceOf(error, InvalidStateError);
      assert.include(error.message, "left open");
      child.close();
      parent.close();
      parent.close();
      parent.cancel();
      assert.isFalse(parent.cancelled);
      assert.instanceOf(
        thrown(() => new CancelScope({ parent })),
        ClosedError,
      );
    },
  );

  check("S16", "scopes that are left open in a run are cancelled, and the run fails", async () => {
    let left!: CancelScope;
    const running = CancelScope.run((parent) => {
      left = new CancelScope({ parent });
    });
    assert.instanceOf(await rejection(running), InvalidStateError);
    assert.isTrue(left.cancelled);
  });

  check("S16", "a closed scope costs its parent nothing", async () => {
    const parent = new CancelScope();
    const closed: WeakRef<object>[] = [];
    for (let times = 0; times < 200; times++) {
      const child = new CancelScope({ parent, deadline: now() + 60_000 });
      child.onCancel(() => {});
      child.close();
      closed.push(new WeakRef(child));
    }
    await collectGarbage();
    assert.isAtMost(closed.filter((scope) => scope.deref() !== undefined).length, 20, "of 200 closed scopes");
    parent.close();
  });

  check("C1", "a clock is an option, is inherited, and is the only source of time", async () => {
    const timers: (() => void)[] = [];
    let time = 1_000;
    const clock: Clock = {
      now: () => time,
      setTimer: (callback) => timers.push(callback),
      clearTimer: () => {},
    };
    const root = new CancelScope({ clock });
    const child = new CancelScope({ parent: root, deadline: 1_010 });
    assert.isFalse(child.cancelled);
    assert.isNotEmpty(timers);
    time = 1_010;
    for (const fire of timers) fire();
    assert.isTrue(child.cancelled);
  });

  check("C1", "the platform's timers are read at call time, so that fake timers work", async () => {
    needsRuntimeAlone();
    const { setTimeout: real } = globalThis;
    const delays: (number | undefined)[] = [];
    globalThis.setTimeout = ((callback: () => void, delay?: number) => {
      delays.push(delay);
      return real(callback, 0);
    }) as typeof setTimeout;
    try {
      await new CancelScope().sleep(86_400_000);
    } finally {
      globalThis.setTimeout = real;
    }
    assert.lengthOf(delays, 1);
    assert.closeTo(delays[0]!, 86_400_000, 60_000); // the clock moves between the call and the timer
  });

  check("S9", "a check fires only the deadlines of its own chain", () => {
    const heard: string[] = [];
    const clocks = [new VirtualClock(), new VirtualClock()] as const;
    const [one, other] = clocks.map((clock, index) => {
      let time = 0;
      const scope = new CancelScope({
        clock: { now: () => time, setTimer: (...args) => clock.setTimer(...args), clearTimer() {} },
        deadline: 5,
      });
      scope.onCancel(() => heard.push(`scope ${index}`));
      time = 10; // no timer has fired
      return scope;
    });
    assert.isTrue(one!.cancelled);
    assert.deepEqual(heard, ["scope 0"]);
    other!.close();
  });

  check(
    "S9",
    "of the deadlines that a check finds passed, the earliest owns the cancellation; among equal ones, the outermost",
    () => {
      let time = 0;
      const clock: Clock = { now: () => time, setTimer: () => undefined, clearTimer() {} };
      const owner = (...deadlines: number[]): number => {
        time = 0;
        const scopes: CancelScope[] = [];
        for (const deadline of deadlines)
          scopes.push(new CancelScope({ parent: scopes.at(-1) ?? null, clock, deadline }));
        time = 100;
        return scopes.indexOf(scopes.at(-1)!.reason!.scope);
      };
      assert.deepEqual([owner(10, 20, 30), owner(30, 20, 10), owner(20, 10, 10)], [0, 2, 1]);
    },
  );

  check("S10", "a deadline that is moved later touches no timer, and passes at its new time", async () => {
    const clock = new VirtualClock();
    let timers = 0;
    const counting: Clock = {
      now: () => clock.now(),
      setTimer(callback, delay) {
        timers++;
        return clock.setTimer(callback, delay);
      },
      clearTimer: (timer) => clock.clearTimer(timer),
    };
    const scope = new CancelScope({ clock: counting, deadline: 10 });
    for (let when = 11; when <= 1_000; when++) scope.deadline = when;
    assert.strictEqual(timers, 1);
    await clock.advance(999);
    assert.isFalse(scope.cancelled);
    await clock.advance(1);
    assert.isTrue(scope.cancelled);
  });

  check("C1", "each wait sets its own timer where it begins", () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock, deadline: 30 });
    for (const ms of [10, 20]) void scope.sleep(ms).catch(() => {});
    assert.strictEqual(clock.pending, 3);
    scope.cancel();
    assert.strictEqual(clock.pending, 0);
  });

  check("C1", "at equal times the deadline wins over the sleep", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock });
    const asleep = rejection(scope.sleep(10));
    scope.deadline = 10;
    await clock.advance(10);
    assert.strictEqual(await asleep, scope.reason);
  });

  check("C1", "a clock that throws fails only calls on scopes that use it", () => {
    const broken = new Error("broken");
    const clock: Clock = {
      now() {
        throw broken;
      },
      setTimer: () => undefined,
      clearTimer() {},
    };
    const scope = new CancelScope({ clock });
    assert.strictEqual(
      thrown(() => (scope.deadline = 5)),
      broken,
    );
    assert.isFalse(new CancelScope({ deadline: now() + 60_000 }).cancelled);
  });

  check("C3", "snapshot is plain data with small ids", () => {
    const root = new CancelScope({ name: "server" });
    new CancelScope({ parent: root, name: "request" });
    const data = snapshot(root);
    assert.deepEqual(JSON.parse(JSON.stringify(data)), data);
    assert.include(JSON.stringify(data), "request");
    assert.deepEqual(snapshot(root), data);
  });

  check("C3", "describeTree prints everything that is live, with its name", () => {
    const root = new CancelScope({ name: "server" });
    const child = new CancelScope({ parent: root, name: "request" });
    new CancelScope({ parent: root, name: "closed" }).close();
    const lines = describeTree(root).split("\n");
    assert.lengthOf(lines, 2);
    assert.match(lines[0]!, /^scope "server": live/);
    assert.match(lines[1]!, /^ {2}scope "request": live/);
    child.close();
  });

  check("C4", "the enclosing scope is not a parent by default", async () => {
    await CancelScope.run((outer) => {
      using stranger = new CancelScope();
      outer.cancel();
      assert.isFalse(stranger.cancelled);
    });
  });

  check("E1", "a group has at least one member, a message, and errors that never change", () => {
    const members = [new TypeError("a"), "b", undefined];
    const group = new ExceptionGroup("three", members);
    members.pop();
    assert.instanceOf(group, AggregateError);
    assert.strictEqual(group.name, "ExceptionGroup");
    assert.strictEqual(group.message, "three");
    assert.lengthOf(group.errors, 3);
    assert.strictEqual(group.errors[0], members[0]);
    assert.isFrozen(group.errors);
    assert.strictEqual(new ExceptionGroup(undefined, [1, 2]).message, "2 errors");
  });

  check("E1", "other arguments of ExceptionGroup are a TypeError", () => {
    const make = ExceptionGroup as new (...args: unknown[]) => ExceptionGroup;
    for (const args of [["none", []], [[new Error()]], ["text", "errors"], ["none"]]) {
      assert.instanceOf(
        thrown(() => new make(...args)),
        TypeError,
      );
    }
  });
});
