import {
  CancelScope,
  ClosedError,
  InvalidStateError,
  Keyed,
  Mutex,
  type Permit,
  RateLimiter,
  Semaphore,
} from "@selvage/semaphore";
import { describeTree } from "@selvage/scope/debug";
import { map, TaskGroup } from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import { assert } from "chai";
import { type Check, rejection, suite, thrown, turn } from "./harness.js";

export const semaphores: readonly Check[] = suite("@selvage/semaphore", (check) => {
  check("M1", "permits and requests are positive integers, and a request above permits throws", () => {
    const semaphore = new Semaphore(2, { name: "db" });
    const scope = new CancelScope();
    for (const n of [0, -1, 1.5, NaN, Infinity]) {
      assert.instanceOf(
        thrown(() => new Semaphore(n)),
        RangeError,
      );
      assert.instanceOf(
        thrown(() => semaphore.acquire(scope, n)),
        RangeError,
      );
    }
    assert.instanceOf(
      thrown(() => semaphore.tryAcquire("1" as never)),
      TypeError,
    );
    assert.instanceOf(
      thrown(() => semaphore.acquire(scope, 3)),
      RangeError,
    );
    assert.instanceOf(
      thrown(() => semaphore.acquire({} as never)),
      TypeError,
    );
  });

  check("M2", "acquire takes a permit, or rejects in a cancelled or closed scope and takes nothing", async () => {
    const semaphore = new Semaphore(1);
    const scope = new CancelScope();
    const holder = await semaphore.acquire(scope);
    const waits = semaphore.acquire(scope);
    scope.cancel();
    assert.strictEqual(await rejection(waits), scope.reason);
    assert.strictEqual(await rejection(semaphore.acquire(scope)), scope.reason);
    const closed = new CancelScope();
    closed.close();
    assert.instanceOf(await rejection(semaphore.acquire(closed)), ClosedError);
    holder.release();
    assert.strictEqual(semaphore.free, 1);
  });

  check("M2", "a signal ends the wait of its caller", async () => {
    const semaphore = new Semaphore(1);
    const holder = semaphore.tryAcquire();
    const controller = new AbortController();
    const waits = semaphore.acquire(controller.signal);
    controller.abort("gone");
    const error = (await rejection(waits)) as Error;
    assert.deepEqual([error.name, error.cause], ["AbortError", "gone"]);
    holder?.release();
    assert.strictEqual(semaphore.free, 1);
  });

  check("M3", "waiters are served first in, first out, and nothing overtakes a large request", async () => {
    const semaphore = new Semaphore(2);
    const scope = new CancelScope();
    const holders = [semaphore.tryAcquire(), semaphore.tryAcquire()];
    const order: string[] = [];
    const large = semaphore.acquire(scope, 2).then((permit) => {
      order.push("large");
      permit.release();
    });
    const small = semaphore.acquire(scope).then((permit) => {
      order.push("small");
      permit.release();
    });
    holders[0]?.release();
    assert.deepEqual([semaphore.free, semaphore.waiting, semaphore.tryAcquire()], [1, 2, undefined]);
    holders[1]?.release();
    assert.deepEqual([semaphore.free, semaphore.waiting], [0, 1]);
    await Promise.all([large, small]);
    assert.deepEqual(order, ["large", "small"]);
    scope.close();
  });

  check("M4", "when the first waiter leaves, those behind it are tried at once", async () => {
    const semaphore = new Semaphore(2);
    const scope = new CancelScope();
    const leaving = new CancelScope();
    const holder = semaphore.tryAcquire();
    const large = semaphore.acquire(leaving, 2);
    const small = semaphore.acquire(scope);
    leaving.cancel();
    assert.deepEqual([semaphore.free, semaphore.waiting], [0, 0]);
    assert.strictEqual(await rejection(large), leaving.reason);
    (await small).release();
    holder?.release();
    scope.close();
  });

  check("M5", "a permit that was handed over stays, and run gives it back without calling its function", async () => {
    const semaphore = new Semaphore(2);
    const scope = new CancelScope();
    const holder = semaphore.tryAcquire(2);
    let called = false;
    const run = semaphore.run(scope, () => (called = true));
    const waits = semaphore.acquire(scope);
    holder?.release();
    scope.cancel();
    assert.strictEqual(await rejection(run), scope.reason);
    const permit = await waits;
    assert.deepEqual([called, semaphore.free], [false, 1]);
    permit.release();
    assert.strictEqual(semaphore.free, 2);
  });

  check("M6", "release is idempotent", () => {
    const semaphore = new Semaphore(2);
    const permits = [semaphore.tryAcquire(), semaphore.tryAcquire()] as [Permit, Permit];
    permits[0].release();
    permits[0].release();
    assert.strictEqual(semaphore.free, 1);
  });

  check("M7", "raising permits serves waiters, and lowering them refuses those who ask for too much", async () => {
    const semaphore = new Semaphore(2);
    const scope = new CancelScope();
    const holder = semaphore.tryAcquire(2);
    const two = semaphore.acquire(scope, 2);
    semaphore.permits = 4;
    assert.strictEqual(semaphore.waiting, 0);
    const three = semaphore.acquire(scope, 3);
    semaphore.permits = 2;
    assert.instanceOf(await rejection(three), RangeError);
    (await two).release();
    holder?.release();
    assert.strictEqual(semaphore.free, 2);
    scope.close();
  });

  check("M8", "a mutex that is taken twice, and a recursive map under one limit, reject", async () => {
    const mutex = new Mutex({ name: "file" });
    const scope = new CancelScope();
    const error = (await rejection(mutex.run(scope, (own) => mutex.acquire(own)))) as Error;
    assert.instanceOf(error, InvalidStateError);
    assert.include(error.message, 'mutex "file"');
    const limit = new Semaphore(1);
    const walk = map(
      [1],
      async (_, parent) => {
        const group = await rejection(map([2], () => {}, { parent, limit }));
        return (group as AggregateError).errors[0] as unknown;
      },
      { limit },
    );
    assert.instanceOf((await walk)[0], InvalidStateError);
    assert.deepEqual([mutex.free, limit.free], [1, 1]);
    scope.close();
  });

  check("M9", "a semaphore as the limit of groups and maps is one limit over all of them", async () => {
    const limit = new Semaphore(2);
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    };
    const fill = (group: TaskGroup): void => {
      for (let count = 0; count < 5; count++) group.createTask(work);
    };
    await Promise.all([
      TaskGroup.run(fill, { limit }),
      TaskGroup.run(fill, { limit }),
      map([1, 2, 3, 4, 5], work, { limit }),
    ]);
    assert.deepEqual([most, limit.free, limit.waiting], [2, 2, 0]);
  });

  check("M10", "describeTree shows what waits and what holds", async () => {
    const file = new Mutex({ name: "file" });
    const scope = new CancelScope({ name: "request" });
    const permit = await file.acquire(scope);
    const waits = file.acquire(scope);
    assert.strictEqual(describeTree(scope), 'scope "request": live, waits for mutex "file", holds mutex "file"');
    permit.release();
    (await waits).release();
    scope.close();
  });

  check("M11", "Keyed has a mutex per key, and forgets it when it is idle", async () => {
    const locks = new Keyed((name: string) => new Mutex({ name }));
    const scope = new CancelScope();
    const sizes: number[] = [];
    const work = async (): Promise<void> => {
      sizes.push(locks.size);
      await turn();
    };
    await Promise.all(["a", "b", "a"].map((key) => locks.run(scope, key, work)));
    assert.deepEqual([sizes[0], locks.size], [1, 0]);
    scope.close();
  });

  check("M12", "tokens come at their rate, and a cancelled waiter takes none", async () => {
    const clock = new VirtualClock({ autojump: true });
    const limiter = new RateLimiter({ rate: 10, per: 1_000, burst: 2, clock });
    const scope = new CancelScope({ clock });
    const leaving = new CancelScope({ clock });
    const times: number[] = [];
    const take = async (own: CancelScope): Promise<void> => {
      await limiter.take(own);
      times.push(clock.now());
    };
    const takes = [take(scope), take(scope), rejection(take(leaving)), take(scope), take(scope)];
    leaving.cancel();
    await Promise.all(takes);
    assert.deepEqual(times, [0, 0, 100, 200]);
    assert.deepEqual([limiter.waiting, clock.pending], [0, 0]);
    scope.close();
  });

  check("M12", "a rate limiter uses the platform's timers by default", async () => {
    const limiter = new RateLimiter({ rate: 1, per: 5 });
    const scope = new CancelScope();
    await Promise.all([limiter.take(scope), limiter.take(scope)]);
    assert.strictEqual(limiter.waiting, 0);
    scope.close();
  });
});
