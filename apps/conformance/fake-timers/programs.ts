import { type CancelledError, CancelScope, now } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";
import { moveOnAfter, timeout, TimeoutError } from "@selvage/timeout";
import { assert } from "chai";
import { type FakeTimers, type Program, turn } from "./fake-timers.js";

const LONGEST = 2 ** 31 - 1;

/** Records how a promise settles, so that a program can check without waiting. */
function watch<T>(promise: PromiseLike<T>): { value?: T; error?: unknown; settled: boolean } {
  const seen: { value?: T; error?: unknown; settled: boolean } = { settled: false };
  promise.then(
    (value) => Object.assign(seen, { value, settled: true }),
    (error: unknown) => Object.assign(seen, { error, settled: true }),
  );
  return seen;
}

async function advance(fake: FakeTimers, ms: number): Promise<void> {
  await turn();
  fake.advance(ms);
  await turn();
}

/** The programs that work with every library's fake timers, for scopes without a clock (C1). */
export const programs: readonly Program[] = [
  {
    title: "a sleep ends at its time, and not before",
    async body(fake) {
      fake.enable();
      const seen = watch(new CancelScope().sleep(1_000));
      await advance(fake, 999);
      assert.isFalse(seen.settled);
      await advance(fake, 1);
      assert.isTrue(seen.settled);
    },
  },
  {
    title: "one jump ends several sleeps in the order of their times",
    async body(fake) {
      fake.enable();
      const scope = new CancelScope();
      const ended: number[] = [];
      for (const ms of [2_000, 3_000, 1_000]) void scope.sleep(ms).then(() => ended.push(ms));
      await advance(fake, 10_000);
      assert.deepEqual(ended, [1_000, 2_000, 3_000]);
    },
  },
  {
    title: "a deadline cancels its scope at its time, and not before",
    async body(fake) {
      fake.enable();
      const scope = new CancelScope({ deadline: now() + 1_000 });
      const reasons: CancelledError[] = [];
      scope.onCancel((reason) => reasons.push(reason));
      await advance(fake, 900); // not 999: with `node:test`, real time passes between `now()` and the timer
      assert.isFalse(scope.cancelled);
      await advance(fake, 100);
      assert.isTrue(scope.cancelled);
      assert.deepEqual(reasons, [scope.reason]);
      assert.strictEqual(reasons[0]!.scope, scope);
    },
  },
  {
    title: "a deadline that is moved passes at its new time",
    async body(fake) {
      fake.enable();
      const [later, earlier] = [
        new CancelScope({ deadline: now() + 1_000 }),
        new CancelScope({ deadline: now() + 9_000 }),
      ];
      await advance(fake, 500);
      later.deadline = now() + 1_000;
      earlier.deadline = now() + 1_000;
      await advance(fake, 990);
      assert.deepEqual([later.cancelled, earlier.cancelled], [false, false]);
      await advance(fake, 20);
      assert.deepEqual([later.cancelled, earlier.cancelled], [true, true]);
    },
  },
  {
    title: "a deadline that is moved later passes within one jump",
    async body(fake) {
      fake.enable();
      const scope = new CancelScope({ deadline: now() + 1_000 });
      scope.deadline += 1_000;
      await advance(fake, 10_000);
      assert.isTrue(scope.cancelled);
    },
  },
  {
    title: "a timeout expires, and refresh gives the whole time again",
    async body(fake) {
      fake.enable();
      const steps: string[] = [];
      const seen = watch(
        timeout(1_000, async ({ scope, refresh }) => {
          await scope.sleep(600);
          refresh();
          steps.push("refreshed");
          await scope.sleep(600);
          steps.push("past the first time");
          await scope.sleep(600);
          steps.push("past the second time");
        }),
      );
      await advance(fake, 600);
      await advance(fake, 600);
      assert.isFalse(seen.settled);
      await advance(fake, 600);
      assert.instanceOf(seen.error, TimeoutError);
      assert.deepEqual(steps, ["refreshed", "past the first time"]);
    },
  },
  {
    title: "a deadline that is moved later stays alive while a sleep that began before it ends",
    async body(fake) {
      fake.enable();
      const scope = new CancelScope({ deadline: now() + 500 });
      const seen = watch(scope.sleep(1_000));
      for (let moves = 0; moves < 2; moves++) {
        await advance(fake, 400);
        scope.deadline = now() + 500;
      }
      await advance(fake, 200);
      assert.deepEqual([seen.settled, seen.error, scope.cancelled], [true, undefined, false]);
      await advance(fake, 310);
      assert.isTrue(scope.cancelled);
    },
  },
  {
    title: "moveOnAfter resolves undefined at its deadline",
    async body(fake) {
      fake.enable();
      const seen = watch(moveOnAfter(1_000, ({ scope }) => scope.sleep(5_000).then(() => "late")));
      await advance(fake, 999);
      assert.isFalse(seen.settled);
      await advance(fake, 1);
      assert.deepEqual(seen, { settled: true, value: undefined });
    },
  },
  {
    title: "a deadline wins over a sleep of the same time",
    async body(fake) {
      fake.enable();
      const scope = new CancelScope();
      // The sleep's timer is set first, so it fires first.
      const seen = watch(scope.sleep(1_000));
      scope.deadline = scope.clock.now() + 990;
      const inner = watch(timeout(2_000, (own) => own.scope.sleep(2_000)));
      await advance(fake, 1_000);
      assert.strictEqual(seen.error, scope.reason);
      assert.isDefined(seen.error);
      await advance(fake, 1_000);
      assert.instanceOf(inner.error, TimeoutError);
    },
  },
  {
    title: "a task group's children sleep, and its deadline cancels them",
    async body(fake) {
      fake.enable();
      const ended: string[] = [];
      const seen = watch(
        TaskGroup.run(async (group) => {
          group.createTask((scope) => scope.sleep(2_000).then(() => ended.push("second")));
          group.createTask((scope) => scope.sleep(1_000).then(() => ended.push("first")));
        }),
      );
      const late = watch(
        timeout(500, ({ scope: parent }) =>
          TaskGroup.run((group) => void group.createTask((scope) => scope.sleep(60_000)), { parent }),
        ),
      );
      await advance(fake, 5_000);
      assert.isTrue(seen.settled);
      assert.isUndefined(seen.error);
      assert.deepEqual(ended, ["first", "second"]);
      assert.instanceOf(late.error, TimeoutError);
    },
  },
  {
    title: "a checkpoint ends after a turn of the event loop",
    async body(fake) {
      fake.enable();
      const seen = watch(new CancelScope().checkpoint());
      await advance(fake, 1);
      // If immediates are real, their order relative to the turn of the loop here is not defined.
      for (let turns = 0; turns < 100 && !seen.settled; turns++) await turn();
      assert.isTrue(seen.settled);
    },
  },
  {
    title: "fake timers that are replaced meanwhile drop only their own waits",
    async body(fake) {
      fake.enable();
      const [a, b] = [new CancelScope(), new CancelScope()];
      const lost = watch(a.sleep(1_000));
      fake.restore();
      fake.enable();
      const seen = watch(b.sleep(5_000));
      const [other, expired] = [watch(a.sleep(2_000)), new CancelScope({ deadline: now() + 3_000 })];
      await advance(fake, 6_000);
      assert.deepEqual([seen.settled, other.settled, expired.cancelled], [true, true, true]);
      assert.strictEqual(lost.settled, fake.keepsPending === true);
      // Clearing the lost timer does not clear a later one.
      const last = watch(b.sleep(1_000));
      a.cancel();
      await advance(fake, 1_000);
      assert.isTrue(last.settled);
      assert.strictEqual(lost.error, fake.keepsPending === true ? undefined : a.reason);
    },
  },
  {
    title: "timers that are dropped meanwhile do not affect later waits",
    needs: (fake) => fake.reset !== undefined,
    async body(fake) {
      fake.enable();
      const scope = new CancelScope();
      const lost = watch(scope.sleep(1_000));
      fake.reset!();
      const seen = watch(scope.sleep(5_000));
      await advance(fake, 6_000);
      assert.deepEqual([lost.settled, seen.settled], [false, true]);
    },
  },
  {
    title: "a wait that ends early leaves no timer pending",
    needs: (fake) => fake.pending !== undefined,
    async body(fake) {
      fake.enable();
      const scope = new CancelScope({ deadline: now() + 1_000 });
      void scope.sleep(500).catch(() => {});
      assert.strictEqual(fake.pending!(), 2);
      scope.cancel();
      assert.strictEqual(fake.pending!(), 0);
    },
  },
  {
    title: "a delay beyond 2³¹−1 ms is waited for in parts",
    async body(fake) {
      fake.enable();
      const scope = new CancelScope({ deadline: now() + LONGEST + 2_000 });
      const seen = watch(scope.sleep(LONGEST + 1_000));
      await advance(fake, LONGEST);
      await advance(fake, 990);
      assert.deepEqual([seen.settled, scope.cancelled], [false, false]);
      await advance(fake, 20);
      assert.deepEqual([seen.settled, scope.cancelled], [true, false]);
      await advance(fake, 1_000);
      assert.isTrue(scope.cancelled);
    },
  },
  {
    title: "a delay beyond 2³¹−1 ms passes in one jump",
    needs: (fake) => fake.firesNested !== false,
    async body(fake) {
      fake.enable();
      const seen = watch(new CancelScope().sleep(2 * LONGEST - 1));
      await advance(fake, 2 * LONGEST - 2);
      assert.isFalse(seen.settled);
      await advance(fake, 2);
      assert.isTrue(seen.settled);
    },
  },
  {
    title: "real time is back after the fake timers",
    async body(fake) {
      fake.enable();
      void new CancelScope().sleep(1_000);
      await advance(fake, 2_000);
      fake.restore();
      await new CancelScope().sleep(5);
      const scope = new CancelScope({ deadline: now() + 5 });
      const before = performance.now();
      while (performance.now() - before < 10); // a check sees the real time, although no timer has fired (S9)
      assert.isTrue(scope.cancelled);
      assert.instanceOf(
        await timeout(5, (own) => own.scope.sleep(Infinity)).catch((error: unknown) => error),
        TimeoutError,
      );
    },
  },
  {
    title: "a scope that is created before the fake timers works before, with and after them",
    async body(fake) {
      const scope = new CancelScope();
      const waiting = new CancelScope({ parent: scope, deadline: now() + 60_000 });
      await scope.sleep(1);
      fake.enable();
      const seen = watch(scope.sleep(1_000));
      const child = new CancelScope({ parent: scope, deadline: now() + 500 });
      await advance(fake, 1_000);
      assert.deepEqual([seen.settled, child.cancelled, scope.cancelled], [true, true, false]);
      await advance(fake, 120_000);
      assert.isFalse(waiting.cancelled, "a deadline of real time passes in real time");
      waiting.deadline = now() + 1_000; // its timer is now a fake one
      await advance(fake, 1_000);
      assert.isTrue(waiting.cancelled);
      fake.restore();
      await scope.sleep(1);
      scope.deadline = now() + 1;
      await new CancelScope().sleep(10);
      assert.isTrue(scope.cancelled);
    },
  },
];

/** For libraries that let the real time move the fake one. */
export const advancing: readonly Program[] = [
  {
    title: "sleeps and deadlines pass by themselves",
    async body(fake) {
      fake.enable();
      const scope = new CancelScope({ deadline: now() + 60 });
      await scope.sleep(30);
      const error: unknown = await scope.sleep(60_000).catch((reason: unknown) => reason);
      assert.strictEqual(error, scope.reason);
      assert.isDefined(error);
    },
  },
];
