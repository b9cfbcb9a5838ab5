import {
  type CancelledError,
  CancelScope,
  ExceptionGroup,
  InvalidStateError,
  isCancellation,
  now,
} from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { moveOnAfter, moveOnAt, shield, type Timeout, timeout, timeoutAt, TimeoutError } from "@selvage/timeout";
import { assert } from "chai";
import { type Check, rejection, suite, thrown, turn } from "./harness.js";

const a = new TypeError("a");

export const timeouts: readonly Check[] = suite("@selvage/timeout", (check) => {
  check("O1", "on expiry the body is cancelled and waited for, and a TimeoutError thrown", async () => {
    let unwound = false;
    const error = (await rejection(
      timeout(5, async ({ scope }) => {
        try {
          await scope.sleep(Infinity);
        } finally {
          await turn();
          unwound = true;
        }
      }),
    )) as TimeoutError;
    assert.isTrue(unwound);
    assert.instanceOf(error, TimeoutError);
    assert.strictEqual(error.name, "TimeoutError");
    assert.strictEqual(error.message, "timed out after 5 ms");
    assert.isTrue(isCancellation(error.cause));
  });

  check("O1", "timeoutAt expires at a time of the clock, and the signal aborts", async () => {
    const error = await rejection(
      timeoutAt(
        now() + 5,
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
          }),
      ),
    );
    assert.instanceOf(error, TimeoutError);
  });

  check("O1", "a body that ends in time returns its value, and leaves no timer", async () => {
    const clock = new VirtualClock();
    assert.strictEqual(await timeout(60_000, () => "value", { clock }), "value");
    assert.strictEqual(clock.pending, 0);
  });

  check("O2", "a TimeoutError is a failure, which scopes do not absorb", async () => {
    const outer = new CancelScope();
    const running = outer.run(async (parent) => {
      const error = await rejection(timeout(0, ({ scope }) => scope.checkpoint(), { parent }));
      outer.cancel();
      throw error;
    });
    const error = await rejection(running);
    assert.instanceOf(error, TimeoutError);
    assert.isFalse(isCancellation(error));
  });

  check("O3", "a late value is kept, and expired is true", async () => {
    let handle!: Timeout;
    const value = await timeout(1, async (own) => {
      handle = own;
      await own.scope.sleep(Infinity).catch(() => {});
      return "late";
    });
    assert.strictEqual(value, "late");
    assert.isTrue(handle.expired);
  });

  check("O3", "another error after expiry passes through, and so does a group", async () => {
    assert.strictEqual(
      await rejection(timeout(1, ({ scope }) => scope.sleep(Infinity).catch(() => Promise.reject(a)))),
      a,
    );
    const group = new ExceptionGroup("a group", [a]);
    assert.strictEqual(
      await rejection(timeout(1, ({ scope }) => scope.sleep(Infinity).catch(() => Promise.reject(group)))),
      group,
    );
  });

  check("O4", "an outer cancellation, or an explicit one, passes unchanged", async () => {
    const parent = new CancelScope();
    const running = timeout(60_000, ({ scope }) => scope.sleep(Infinity), { parent });
    parent.cancel();
    assert.strictEqual(await rejection(running), parent.reason);
    const error = (await rejection(
      timeout(60_000, ({ scope }) => {
        scope.cancel("enough");
        return scope.sleep(Infinity);
      }),
    )) as CancelledError;
    assert.strictEqual(error.cause, "enough");
    parent.close();
  });

  check("O4", "of nested timeouts with one deadline the outermost converts, and both have expired", async () => {
    const when = now() + 5;
    const handles: Timeout[] = [];
    let innerError: unknown;
    const error = await rejection(
      timeoutAt(when, async (outer) => {
        handles.push(outer);
        const inner = timeoutAt(
          when,
          (own) => {
            handles.push(own);
            return own.scope.sleep(Infinity);
          },
          { parent: outer.scope },
        );
        innerError = await rejection(inner);
        throw innerError;
      }),
    );
    assert.instanceOf(error, TimeoutError);
    assert.isTrue(isCancellation(innerError));
    assert.deepEqual(
      handles.map(({ expired }) => expired),
      [true, true],
    );
  });

  check("O5", "a body with a time of 0 or less runs with its scope cancelled, and may complete", async () => {
    for (const ms of [0, -1, -Infinity]) {
      assert.isTrue(await timeout(ms, ({ scope }) => scope.cancelled));
      assert.instanceOf(await rejection(timeout(ms, ({ scope }) => scope.throwIfCancelled())), TimeoutError);
    }
  });

  check("O5", "null and Infinity set no limit, and a value that is not a number is a TypeError", async () => {
    for (const ms of [null, Infinity]) {
      assert.isNull(await timeout(ms, ({ when }) => when()));
    }
    let called = false;
    for (const ms of [NaN, "5", undefined]) {
      const error = thrown(() => timeout(ms as number, () => (called = true)));
      assert.instanceOf(error, TypeError);
    }
    assert.isFalse(called);
  });

  check("O6", "reschedule moves the deadline while the body runs, and not afterwards", async () => {
    const clock = new VirtualClock();
    let handle!: Timeout;
    const running = timeout(
      10,
      async (own) => {
        handle = own;
        own.reschedule(30);
        await own.scope.sleep(20);
        return own.when();
      },
      { clock },
    );
    await clock.advance(20);
    assert.strictEqual(await running, 30);
    assert.instanceOf(
      thrown(() => handle.reschedule(40)),
      InvalidStateError,
    );
    assert.strictEqual(clock.pending, 0);
  });

  check("O6", "refresh gives the body its whole time again, and does nothing afterwards", async () => {
    const clock = new VirtualClock();
    let handle!: Timeout;
    const running = rejection(
      timeout(
        10,
        (own) => {
          handle = own;
          return own.scope.sleep(Infinity);
        },
        { clock },
      ),
    );
    await clock.advance(6);
    handle.refresh();
    assert.strictEqual(handle.when(), 16);
    await clock.advance(6);
    assert.isFalse(handle.scope.cancelled);
    await clock.advance(4);
    assert.instanceOf(await running, TimeoutError);
    handle.refresh();
    assert.strictEqual(clock.pending, 0);
  });

  check("O6", "the members of the handle may be destructured", async () => {
    const error = await rejection(
      timeout(null, async ({ scope, reschedule }) => {
        reschedule(now() + 5);
        await scope.sleep(Infinity);
      }),
    );
    assert.instanceOf(error, TimeoutError);
  });

  check("O7", "moveOnAfter resolves undefined when its own deadline interrupted the body", async () => {
    assert.isUndefined(await moveOnAfter(1, ({ scope }) => scope.sleep(Infinity).then(() => "late")));
    assert.isUndefined(await moveOnAt(now() - 1, ({ scope }) => scope.checkpoint().then(() => "late")));
    assert.strictEqual(await moveOnAfter(60_000, () => "value"), "value");
  });

  check("O7", "moveOnAfter otherwise behaves as timeout", async () => {
    const parent = new CancelScope();
    const running = moveOnAfter(60_000, ({ scope }) => scope.sleep(Infinity), { parent });
    parent.cancel();
    assert.strictEqual(await rejection(running), parent.reason);
    assert.strictEqual(await rejection(moveOnAfter(60_000, () => Promise.reject(a))), a);
    parent.close();
  });

  check("O8", "shield runs cleanup that outer cancellation does not reach, for a limited time", async () => {
    const clock = new VirtualClock({ autojump: true });
    const parent = new CancelScope({ clock });
    parent.cancel();
    assert.strictEqual(await shield(10, ({ scope }) => scope.sleep(5).then(() => "clean"), { parent }), "clean");
    assert.isUndefined(await shield(10, ({ scope }) => scope.sleep(20).then(() => "late"), { parent }));
    assert.isTrue(parent.cancelled);
  });
});
