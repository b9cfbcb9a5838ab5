import { any, asCompleted, CancelScope, gather, gatherSettled, map, race, TaskGroup } from "@selvage/task-group";
import { CancelledError, ClosedError, ExceptionGroup, InvalidStateError, type Task } from "@selvage/scope";
import { sequence, settled, VirtualClock } from "@selvage/testing";
import { assert } from "chai";
import { type Check, collectGarbage, rejection, suite, takeUncaught, thrown } from "./harness.js";

const [a, b] = [new TypeError("a"), new RangeError("b")];
const fail = (error: unknown) => () => Promise.reject(error);

/** The members of the group with which a promise rejects. */
async function membersOf(promise: PromiseLike<unknown>): Promise<readonly unknown[]> {
  const error = await rejection(promise);
  assert.instanceOf(error, ExceptionGroup);
  return error.errors;
}

export const taskGroup: readonly Check[] = suite("@selvage/task-group", (check) => {
  check("K1", "a task starts synchronously, may throw synchronously, and never settles synchronously", async () => {
    const error = await rejection(
      TaskGroup.run((group) => {
        let started = false;
        const fine = group.createTask(() => {
          started = true;
        });
        assert.isTrue(started);
        assert.strictEqual(fine.status, "pending");
        const failing = group.createTask(() => {
          throw a;
        });
        assert.strictEqual(failing.status, "pending");
      }),
    );
    assert.deepEqual((error as ExceptionGroup).errors, [a]);
  });

  check("K2", "a task ends cancelled, fulfilled or rejected as its function ended", async () => {
    const tasks: Task<unknown>[] = [];
    await rejection(
      TaskGroup.run((group) => {
        tasks.push(
          group.createTask((scope) => scope.sleep(Infinity)),
          group.createTask((scope) => scope.sleep(Infinity).catch(() => "kept")),
          group.createTask((scope) => scope.sleep(Infinity).catch(fail(a))),
          group.createTask((scope) => scope.sleep(Infinity).catch(fail(new DOMException("aborted", "AbortError")))),
        );
        group.cancel();
      }),
    );
    assert.deepEqual(
      tasks.map(({ status }) => status),
      ["cancelled", "fulfilled", "rejected", "cancelled"],
    );
    assert.strictEqual(
      thrown(() => tasks[3]!.exception()),
      tasks[3]!.scope.reason,
    );
  });

  check("K3", "awaiting a task yields its value or throws its error", async () => {
    await rejection(
      TaskGroup.run(async (group) => {
        assert.strictEqual(await group.createTask(() => "value"), "value");
        assert.strictEqual(await rejection(group.createTask(fail(a))), a);
      }),
    );
  });

  check("K3", "a task that is not awaited does not cause an unhandled rejection", async () => {
    await membersOf(TaskGroup.run((group) => void group.createTask(fail(a))));
    assert.deepEqual(await takeUncaught(), []);
  });

  check("K4", "result and exception of a pending task throw an InvalidStateError", async () => {
    await TaskGroup.run(async (group) => {
      const task = group.createTask(() => 42);
      for (const ask of [() => task.result(), () => task.exception()])
        assert.instanceOf(thrown(ask), InvalidStateError);
      await task;
      assert.strictEqual(task.result(), 42);
      assert.isUndefined(task.exception());
    });
  });

  check(
    "K4",
    "at the end of a task, its status is set, its scope closes, callbacks run in order, then the owner is notified",
    async () => {
      const seen: unknown[] = [];
      await TaskGroup.run(async (group) => {
        const task = group.createTask(() => "value");
        task.addDoneCallback(({ status, scope }) => {
          seen.push(status, group.size, thrown(() => new CancelScope({ parent: scope })) instanceof ClosedError);
        });
        task.addDoneCallback(() => seen.push("second"));
        task.addDoneCallback(() => seen.push("never"))[Symbol.dispose]();
        await group.join();
        seen.push("joined");
      });
      assert.deepEqual(seen, ["fulfilled", 1, true, "second", "joined"]);
    },
  );

  check("K4", "a callback added late runs in a microtask; one that throws is uncaught", async () => {
    await TaskGroup.run(async (group) => {
      const task = group.createTask(() => {});
      await task;
      let called = false;
      task.addDoneCallback(() => {
        called = true;
        throw a;
      });
      assert.isFalse(called);
      await Promise.resolve();
      assert.isTrue(called);
    });
    assert.deepEqual(await takeUncaught(), [a]);
  });

  check("K5", "cancelling a task cancels only that task, and is not a failure", async () => {
    const value = await TaskGroup.run(async (group) => {
      const task = group.createTask((scope) => scope.sleep(Infinity));
      const other = group.createTask(() => "other");
      task.cancel("enough");
      assert.isTrue((await rejection(task)) instanceof CancelledError);
      return await other;
    });
    assert.strictEqual(value, "other");
  });

  check("K6", "awaiting a task that other code cancelled throws an ordinary error", async () => {
    const members = await membersOf(
      TaskGroup.run((group) => {
        const task = group.createTask((scope) => scope.sleep(Infinity));
        group.createTask(async () => task);
        task.cancel();
      }),
    );
    assert.lengthOf(members, 1);
    assert.isTrue(members[0] instanceof CancelledError);
  });

  check("C3", "a task has the given name, or the name of its function", async () => {
    await TaskGroup.run((group) => {
      const download = (): void => {};
      assert.strictEqual(group.createTask(download).name, download.name);
      assert.strictEqual(group.createTask(download, { name: "given" }).name, "given");
    });
  });

  check("T1", "leaving waits for all children, including those that ignore cancellation", async () => {
    const step = sequence(2);
    const ended: string[] = [];
    await membersOf(
      TaskGroup.run((group) => {
        group.createTask(async () => {
          await step(1);
          ended.push("deaf");
        });
        group.createTask(async () => {
          await step(0);
          throw a;
        });
      }),
    );
    assert.deepEqual(ended, ["deaf"]);
  });

  check("T2", "the first failure of a child cancels the rest, and is the cause", async () => {
    let cause: unknown;
    await membersOf(
      TaskGroup.run((group) => {
        group.createTask((scope) => {
          scope.onCancel((reason) => {
            cause = reason.cause;
          });
          return scope.sleep(Infinity);
        });
        group.createTask(fail(a));
      }),
    );
    assert.strictEqual(cause, a);
  });

  check("T2", "a failure of the body cancels the children", async () => {
    let status: string | undefined;
    const members = await membersOf(
      TaskGroup.run((group) => {
        group.createTask((scope) => scope.sleep(Infinity)).addDoneCallback((task) => (status = task.status));
        throw a;
      }),
    );
    assert.deepEqual(members, [a]);
    assert.strictEqual(status, "cancelled");
  });

  check("T3", "the group has every failure in order of arrival, each object once, and no cancellations", async () => {
    const error = await rejection(
      TaskGroup.run(async (group) => {
        group.createTask((scope) => scope.sleep(Infinity).catch(fail(b)));
        group.createTask((scope) => scope.sleep(Infinity));
        await group.createTask(fail(a));
      }),
    );
    assert.match((error as Error).message, /^2 tasks failed in a TaskGroup/);
    assert.deepEqual((error as ExceptionGroup).errors, [a, b]);
  });

  check("T4", "cancelling the group is not a failure, and the body's value is returned", async () => {
    const value = await TaskGroup.run(async (group) => {
      const task = group.createTask((scope) => scope.sleep(Infinity));
      group.cancel();
      await rejection(task);
      return "value";
    });
    assert.strictEqual(value, "value");
  });

  check("T4", "a group whose body was interrupted rejects with the group's CancelledError, bare", async () => {
    let own: unknown;
    const error = await rejection(
      TaskGroup.run(async (group) => {
        group.cancel("enough");
        own = group.scope.reason;
        await group.scope.checkpoint();
      }),
    );
    assert.strictEqual(error, own);
  });

  check("T5", "an outer cancellation passes bare, and its owner absorbs it", async () => {
    const outer = new CancelScope();
    let passed: unknown;
    const value = await outer.run(async (parent) => {
      const running = TaskGroup.run((group) => void group.createTask((scope) => scope.sleep(Infinity)), { parent });
      outer.cancel();
      passed = await rejection(running);
      throw passed;
    });
    assert.isUndefined(value);
    assert.strictEqual(passed, outer.reason);
  });

  check("T5", "the group of errors wins over an outer cancellation", async () => {
    const outer = new CancelScope();
    const running = TaskGroup.run((group) => void group.createTask((scope) => scope.sleep(Infinity).catch(fail(a))), {
      parent: outer,
    });
    outer.cancel();
    assert.deepEqual(await membersOf(running), [a]);
  });

  check("T6", "a cancelled group does not start tasks, and a finished one is closed", async () => {
    let kept!: TaskGroup;
    let called = false;
    await TaskGroup.run((group) => {
      kept = group;
      group.cancel();
      const start = (): unknown => group.createTask(() => (called = true));
      assert.strictEqual(thrown(start), group.scope.reason);
    });
    assert.isFalse(called);
    assert.instanceOf(
      thrown(() => kept.createTask(() => {})),
      ClosedError,
    );
  });

  check("T6", "children may start siblings although the body has ended", async () => {
    const step = sequence(1);
    let started = false;
    await TaskGroup.run((group) => {
      group.createTask(async () => {
        await step(0);
        group.createTask(() => (started = true));
      });
    });
    assert.isTrue(started);
  });

  check("T7", "await using with join waits, and throws as run would", async () => {
    const error = await rejection(
      (async () => {
        await using group = new TaskGroup();
        group.createTask(fail(a));
        await group.join();
      })(),
    );
    assert.deepEqual((error as ExceptionGroup).errors, [a]);
  });

  check("T7", "leaving a block of await using without join cancels what is left, and waits", async () => {
    let task!: Task<void>;
    {
      await using group = new TaskGroup();
      task = group.createTask((scope) => scope.sleep(Infinity));
    }
    assert.strictEqual(task.status, "cancelled");
  });

  check("T8", "tasks over the limit are queued, first in, first out", async () => {
    const started: number[] = [];
    let running = 0;
    let most = 0;
    await TaskGroup.run(
      (group) => {
        const tasks = Array.from({ length: 6 }, (_, index) =>
          group.createTask(async (scope) => {
            started.push(index);
            most = Math.max(most, ++running);
            await scope.checkpoint();
            running--;
          }),
        );
        tasks[3]!.cancel();
      },
      { limit: 2 },
    );
    assert.deepEqual(started, [0, 1, 2, 4, 5]);
    assert.strictEqual(most, 2);
    for (const limit of [0, 1.5, "2"]) {
      const error = thrown(() => new TaskGroup({ limit: limit as number }));
      assert.isTrue(error instanceof TypeError || error instanceof RangeError);
    }
  });

  check("T9", "a task that has ended is released", async () => {
    await TaskGroup.run(async (group) => {
      const tasks: WeakRef<object>[] = [];
      for (let times = 0; times < 200; times++) {
        const task = group.createTask(() => {});
        tasks.push(new WeakRef(task));
        await task;
      }
      await collectGarbage();
      assert.isAtMost(tasks.filter((task) => task.deref() !== undefined).length, 20, "of 200 tasks that have ended");
    });
  });

  check("T10", "start resolves with the value of the child, which is then an ordinary child", async () => {
    await TaskGroup.run(async (group) => {
      const port = await group.start<number>(async (scope, started) => {
        await scope.checkpoint();
        started(8080);
        await scope.sleep(Infinity);
      });
      assert.strictEqual(port, 8080);
      assert.strictEqual(group.size, 1);
      group.cancel();
    });
  });

  check("T10", "start rejects if the child fails before it is ready, or ends without being ready", async () => {
    const value = await TaskGroup.run(async (group) => {
      assert.strictEqual(await rejection(group.start(fail(a))), a);
      assert.instanceOf(await rejection(group.start(() => {})), InvalidStateError);
      return "the group goes on";
    });
    assert.strictEqual(value, "the group goes on");
  });

  check("T10", "a second call of started is an InvalidStateError in the child", async () => {
    const members = await membersOf(
      TaskGroup.run(async (group) => {
        await group.start((_scope, started) => {
          started();
          started();
        });
      }),
    );
    assert.lengthOf(members, 1);
    assert.instanceOf(members[0], InvalidStateError);
  });

  check("T11", "gather returns the results in argument order", async () => {
    const results = await gather([async (scope) => (await scope.checkpoint(), 1), () => "two"]);
    assert.deepEqual(results, [1, "two"]);
    assert.deepEqual(await gather([]), []);
    assert.deepEqual(await membersOf(gather([fail(a), (scope) => scope.sleep(Infinity)])), [a]);
  });

  check("T11", "race returns the first to settle; losers are cancelled and waited for", async () => {
    let loser = "running";
    const winner = await race([
      (scope) =>
        scope.sleep(Infinity).finally(() => {
          loser = "unwound";
        }),
      () => "first",
    ]);
    assert.strictEqual(winner, "first");
    assert.strictEqual(loser, "unwound");
    assert.strictEqual(await rejection(race([fail(a), (scope) => scope.sleep(Infinity)])), a);
    assert.instanceOf(await rejection(race([])), TypeError);
  });

  check("T11", "any returns the first to succeed, or throws a group if all fail", async () => {
    assert.strictEqual(await any([fail(a), () => "second", (scope) => scope.sleep(Infinity)]), "second");
    assert.deepEqual(await membersOf(any([fail(a), fail(b)])), [a, b]);
    assert.instanceOf(await rejection(any([])), TypeError);
  });

  check("T11", "map returns results in order, and pulls the source no faster than the limit allows", async () => {
    let pulled = 0;
    let ended = 0;
    let ahead = 0;
    async function* source(): AsyncGenerator<number> {
      for (let item = 0; item < 6; item++) {
        ahead = Math.max(ahead, ++pulled - ended);
        yield item;
      }
    }
    const squares = await map(
      source(),
      async (item, scope) => {
        await scope.checkpoint();
        ended++;
        return item * item;
      },
      { limit: 2 },
    );
    assert.deepEqual(squares, [0, 1, 4, 9, 16, 25]);
    assert.isAtMost(ahead, 2);
  });

  check("T11", "map closes the source when a call fails", async () => {
    let closed = false;
    function* source(): Generator<number> {
      try {
        for (let item = 0; ; item++) yield item;
      } finally {
        closed = true;
      }
    }
    assert.deepEqual(await membersOf(map(source(), (item) => (item === 1 ? fail(a)() : item), { limit: 1 })), [a]);
    assert.isTrue(closed);
  });

  check("V10", "gatherSettled returns how each task ended, in argument order", async () => {
    const results = await gatherSettled([async (scope) => (await scope.checkpoint(), 1), fail(a)]);
    assert.deepEqual(results, [
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: a },
    ]);
  });

  check(
    "V10",
    "asCompleted yields tasks in order of their end; leaving early cancels the rest and waits for it",
    async () => {
      const step = sequence(2);
      const order: string[] = [];
      let left = "running";
      const all = asCompleted([
        async (scope) => (await step(1, scope), "second"),
        async (scope) => (await step(0, scope), "first"),
        (scope) =>
          scope.sleep(Infinity).finally(() => {
            left = "unwound";
          }),
      ]);
      for await (const task of all) {
        order.push(task.result() as string);
        if (order.length === 2) break;
      }
      assert.deepEqual(order, ["first", "second"]);
      assert.strictEqual(left, "unwound");
    },
  );

  check("C1", "children inherit the group's clock", async () => {
    const clock = new VirtualClock();
    let slept = false;
    const running = TaskGroup.run(
      (group) =>
        void group.createTask(async (scope) => {
          await scope.sleep(86_400_000);
          slept = true;
        }),
      { clock },
    );
    await settled();
    assert.isFalse(slept);
    await clock.advance(86_400_000);
    await running;
    assert.isTrue(slept);
  });
});
