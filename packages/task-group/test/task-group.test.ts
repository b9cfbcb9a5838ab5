import { deferred } from "@selvage/scope/internal";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { describeTree } from "@selvage/scope/debug";
import { CancelScope, ClosedError, ExceptionGroup, InvalidStateError, type Task, TaskGroup } from "../src/index.js";
import { errorsOf, microtasks, outcomeOf, states } from "./outcome.js";

/** A child that waits for its cancellation. */
const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);
const nothing = (): void => {};

/** A child that ignores its cancellation until it is released. */
function stubborn<T>(value: T) {
  const { promise, resolve } = deferred<T>();
  return { child: () => promise, letGo: () => resolve(value) };
}

describe("TaskGroup.run", () => {
  it("run passes the body a group and resolves with the body's value (T1)", async () => {
    let given: unknown;
    const value = await TaskGroup.run((group) => {
      given = group;
      return "value";
    });
    expect(given).toBeInstanceOf(TaskGroup);
    expect(value).toBe("value");
  });

  it("run calls the body before it returns", () => {
    let called = false;
    void TaskGroup.run(() => void (called = true));
    expect(called).toBe(true);
  });

  it.each<[string, () => unknown]>([
    ["a value", () => 42],
    ["a promise", () => Promise.resolve(42)],
    ["an async function's", async () => Promise.resolve(42)],
    ["a thenable's", () => ({ then: (resolve: (value: number) => void) => resolve(42) })],
  ])("run accepts %s as the body's value (T1)", async (_, body) => {
    expect(await TaskGroup.run(body)).toBe(42);
  });

  it("run accepts a task as the body's value, too, and waits for the others (T1)", async () => {
    const other = { done: false };
    const value = await TaskGroup.run((group) => {
      group.createTask((scope) => scope.checkpoint().then(() => (other.done = true)));
      return group.createTask(async () => 42);
    });
    expect([value, other.done]).toEqual([42, true]);
  });

  it("run works without a single child, and leaves nothing behind (T1)", async () => {
    const parent = new CancelScope();
    expect(await TaskGroup.run(() => 1, { parent })).toBe(1);
    parent.close();
  });

  it("run throws misuse at once, before anything has changed", () => {
    const parent = new CancelScope();
    const run = (body: unknown, options?: object): unknown => TaskGroup.run(body as () => void, options);
    expect(() => run(undefined)).toThrow(new TypeError("The body must be a function, got undefined."));
    expect(() => run(Promise.resolve(), { parent })).toThrow("The body must be a function, got an object.");
    expect(() => run(nothing, { parent, limit: 0 })).toThrow(RangeError);
    expect(() => run(nothing, { parent, limit: "3" })).toThrow(TypeError);
    expect(() => run(nothing, { parent: {} })).toThrow(TypeError);
    expect(() => run(nothing, { parent, name: 3 })).toThrow(TypeError);
    parent.close();
    expect(() => run(nothing, { parent })).toThrow(ClosedError);
  });
});

describe("what TaskGroup.run waits for", () => {
  it("run waits for all children after the body has ended (T1)", async () => {
    const slow = [stubborn(1), stubborn(2)];
    const tasks: Task<number>[] = [];
    let left = false;
    const run = TaskGroup.run((group) => {
      tasks.push(...slow.map(({ child }) => group.createTask(child)));
      return "value";
    }).finally(() => (left = true));
    await settled();
    expect(left).toBe(false);
    slow[1]!.letGo();
    await settled();
    expect(left).toBe(false);
    slow[0]!.letGo();
    expect(await run).toBe("value");
    expect(tasks.map((task) => task.result())).toEqual([1, 2]);
  });

  it("run waits for children that ignore their cancellation when another has failed (T1)", async () => {
    const { child, letGo } = stubborn("anyway");
    let task: Task<string> | undefined;
    let left = false;
    const run = TaskGroup.run((group) => {
      task = group.createTask(child);
      group.createTask(() => Promise.reject(new Error("no")));
    });
    const errors = errorsOf(run).finally(() => (left = true));
    await settled();
    expect([left, task?.scope.cancelled, task?.status]).toEqual([false, true, "pending"]);
    letGo();
    expect(await errors).toEqual([new Error("no")]);
    expect(task?.status).toBe("fulfilled");
  });

  it("run waits for a body that ignores its cancellation when a child has failed (T1)", async () => {
    const { child, letGo } = stubborn("value");
    let left = false;
    const run = TaskGroup.run((group) => {
      group.createTask(() => Promise.reject(new Error("no")));
      return child();
    });
    const errors = errorsOf(run).finally(() => (left = true));
    await settled();
    expect(left).toBe(false);
    letGo();
    expect(await errors).toEqual([new Error("no")]);
  });

  it("run waits for children that ignore their cancellation when the body has failed (T1)", async () => {
    const { child, letGo } = stubborn("anyway");
    let left = false;
    const run = TaskGroup.run((group) => {
      group.createTask(child);
      throw new Error("body");
    });
    const errors = errorsOf(run).finally(() => (left = true));
    await settled();
    expect(left).toBe(false);
    letGo();
    expect(await errors).toEqual([new Error("body")]);
  });

  it("run waits for cleanup when an outer owner has cancelled (T1, T5)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const parent = new CancelScope({ clock });
    const log: string[] = [];
    const run = TaskGroup.run(
      (group) => {
        for (const ms of [20, 10]) {
          group.createTask(async (scope) => {
            try {
              await scope.sleep(Infinity);
            } finally {
              using cleanup = new CancelScope({ clock });
              await cleanup.sleep(ms);
              log.push(`cleaned up after ${clock.now()} ms`);
            }
          });
        }
      },
      { parent },
    );
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    expect(log).toEqual(["cleaned up after 10 ms", "cleaned up after 20 ms"]);
    parent.close();
  });

  it("run waits for children that children create, although the body has ended (T1, T6)", async () => {
    const order: string[] = [];
    await TaskGroup.run((group) => {
      group.createTask(async (scope) => {
        await scope.checkpoint();
        order.push("child");
        group.createTask(async (inner) => {
          await inner.checkpoint();
          order.push("grandchild");
        });
      });
      order.push("body");
    });
    expect(order).toEqual(["body", "child", "grandchild"]);
  });

  it("run waits for children that a done-callback of the last one creates (T1, T6)", async () => {
    let created: Task<string> | undefined;
    await TaskGroup.run((group) => {
      group.createTask(nothing).addDoneCallback(() => {
        created = group.createTask(async (scope) => scope.checkpoint().then(() => "waited for"));
      });
    });
    expect(created?.result()).toBe("waited for");
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    "run waits for a child created %d microtasks after the last has ended, or refuses it: no child outlives run (T1, T6)",
    async (count) => {
      let created: Task<string> | undefined;
      let refused: unknown;
      await TaskGroup.run((group) => {
        group.createTask(nothing).addDoneCallback(() => {
          void microtasks(count).then(() => {
            try {
              created = group.createTask(async (scope) => scope.checkpoint().then(() => "waited for"));
            } catch (error) {
              refused = error;
            }
          });
        });
      });
      await microtasks(10);
      if (created === undefined) expect(refused).toBeInstanceOf(ClosedError);
      else expect(created.result()).toBe("waited for");
    },
  );

  it("run fails if scopes were left open in the group's scope, beside the other errors (S16, T3)", async () => {
    const errors = await errorsOf(
      TaskGroup.run(
        (group) => {
          new CancelScope({ parent: group.scope, name: "forgotten" });
          group.createTask(() => Promise.reject(new Error("no")));
        },
        { name: "import" },
      ),
    );
    expect(errors).toEqual([new Error("no"), expect.any(InvalidStateError)]);
    expect(String(errors[1])).toContain('1 scope is still open in "import" that ends: "forgotten".');
  });
});

describe("the first failure in a TaskGroup", () => {
  it("a child's failure cancels the group, and the error is the cause (T2)", async () => {
    const error = new Error("no");
    const siblings: Task<void>[] = [];
    let group: TaskGroup | undefined;
    const run = TaskGroup.run(async (given) => {
      group = given;
      siblings.push(given.createTask(forever), given.createTask(forever));
      given.createTask(() => Promise.reject(error));
      await given.scope.sleep(Infinity);
    });
    expect(await errorsOf(run)).toEqual([error]);
    expect(group?.scope.reason).toMatchObject({ name: "AbortError", scope: group?.scope });
    expect(group?.scope.reason?.cause).toBe(error);
    expect(siblings.map(({ status, scope }) => [status, scope.reason])).toEqual([
      ["cancelled", group?.scope.reason],
      ["cancelled", group?.scope.reason],
    ]);
  });

  it("a child's failure cancels in the microtask in which its task is seen to have failed (T2)", async () => {
    const { promise, reject } = deferred<never>();
    let look = (): string => "";
    const run = TaskGroup.run((group) => {
      const sibling = group.createTask(forever);
      const failing = group.createTask(() => promise);
      look = () => `${failing.status}, group ${group.scope.cancelled}, sibling ${sibling.scope.cancelled}`;
    });
    reject(new Error("no"));
    expect(await states(look)).toEqual(["pending, group false, sibling false", "rejected, group true, sibling true"]);
    await errorsOf(run);
  });

  it("a child's failure cancels right after its done-callbacks (T2, K4)", async () => {
    let seen: unknown[] = [];
    await errorsOf(
      TaskGroup.run((group) => {
        const task = group.createTask(() => Promise.reject(new Error("no")));
        task.addDoneCallback(() => {
          seen = [task.status, group.scope.cancelled];
          queueMicrotask(() => seen.push(group.scope.cancelled));
        });
        return group.scope.sleep(Infinity);
      }),
    );
    expect(seen).toEqual(["rejected", false, true]);
  });

  it("the body's failure cancels in the microtask in which it is seen (T2)", async () => {
    const { promise, reject } = deferred<never>();
    let group: TaskGroup | undefined;
    const run = TaskGroup.run((given) => {
      group = given;
      given.createTask(forever);
      return promise;
    });
    let seen: boolean | undefined;
    const error = new Error("body");
    promise.catch(() => (seen = group?.scope.cancelled)); // the next to be notified, after the group
    reject(error);
    expect(await errorsOf(run)).toEqual([error]);
    expect(seen).toBe(true);
    expect(group?.scope.reason?.cause).toBe(error);
  });

  it("a failure of the body before its first await cancels before run returns (T2)", async () => {
    const children: Task<void>[] = [];
    const run = TaskGroup.run((group) => {
      children.push(group.createTask(forever));
      throw new Error("body");
    });
    expect(children[0]!.scope.cancelled).toBe(true);
    expect(await errorsOf(run)).toEqual([new Error("body")]);
    expect(children[0]!.status).toBe("cancelled");
  });

  it("a failure while a sibling was just being started cancels that sibling (T2, K1)", async () => {
    let starting: Task<void> | undefined;
    const errors = await errorsOf(
      TaskGroup.run(async (group) => {
        starting = group.createTask((scope) => {
          group.createTask(() => {
            throw new Error("created during creation");
          });
          return scope.sleep(Infinity);
        });
        await group.scope.sleep(Infinity);
      }),
    );
    expect(errors).toEqual([new Error("created during creation")]);
    expect(starting?.status).toBe("cancelled");
  });

  it("a sibling notices the failure at its next check, even if it never awaits (T2)", async () => {
    let turns = 0;
    await errorsOf(
      TaskGroup.run((group) => {
        group.createTask(async (scope) => {
          await scope.checkpoint();
          throw new Error("no");
        });
        group.createTask(async (scope) => {
          for (;;) {
            turns++;
            await scope.checkpoint();
          }
        });
      }),
    );
    expect(turns).toBeGreaterThan(0);
  });
});

describe("the error with which TaskGroup.run rejects", () => {
  it("the error is a group, even of one failure (T3)", async () => {
    const error = new TypeError("no");
    const { error: thrown } = await outcomeOf(
      TaskGroup.run((group) => void group.createTask(() => Promise.reject(error))),
    );
    expect(thrown).toBeInstanceOf(ExceptionGroup);
    expect(thrown).toBeInstanceOf(AggregateError);
    expect((thrown as ExceptionGroup).message).toBe("1 task failed in a TaskGroup: anonymous: no");
    expect((thrown as ExceptionGroup).errors).toEqual([error]);
    expect((thrown as ExceptionGroup).errors[0]).toBe(error);
  });

  it("the group lists failures in the order in which they arrived, not in that of creation (T3)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const errors = await errorsOf(
      TaskGroup.run(
        async (group) => {
          for (const ms of [30, 10, 20]) {
            group.createTask(async () => {
              using own = new CancelScope({ clock });
              await own.sleep(ms);
              throw new Error(`after ${ms} ms`);
            });
          }
          await group.scope.sleep(15).finally(() => {
            throw new Error("body");
          });
        },
        { clock },
      ),
    );
    expect(errors.map(String)).toEqual([
      "Error: after 10 ms",
      "Error: body",
      "Error: after 20 ms",
      "Error: after 30 ms",
    ]);
  });

  it("the group lists all children that fail at once, and the body (T3)", async () => {
    const errors = await errorsOf(
      TaskGroup.run((group) => {
        for (const name of ["one", "two", "three"]) group.createTask(() => Promise.reject(new Error(name)));
        throw new Error("body");
      }),
    );
    expect(errors.map(String)).toEqual(["Error: body", "Error: one", "Error: two", "Error: three"]);
  });

  it.each([
    ["an error", new Error("shared")],
    ["a function", (): void => {}],
    ["a frozen object", Object.freeze({})],
    ["a group", new ExceptionGroup("shared", [1])],
  ])("the group lists %s once if several children throw it (T3)", async (_, shared) => {
    const errors = await errorsOf(
      TaskGroup.run((group) => {
        group.createTask(() => Promise.reject(shared));
        group.createTask(async () => {
          await Promise.resolve();
          throw shared;
        });
        throw shared;
      }),
    );
    expect(errors).toEqual([shared]);
    expect(errors[0]).toBe(shared);
  });

  it.each([
    ["an error", new Error("no")],
    ["a primitive", "no"],
    ["nothing", undefined],
    ["NaN", NaN],
  ])("a body that awaited a child that failed with %s adds nothing to the group (T3)", async (_, error) => {
    const direct = TaskGroup.run(async (group) => {
      await group.createTask(() => Promise.reject(error));
    });
    expect(await errorsOf(direct)).toEqual([error]);
    const among = TaskGroup.run((group) =>
      Promise.all([group.createTask(forever), group.createTask(() => Promise.reject(error))]),
    );
    expect(await errorsOf(among)).toEqual([error]);
  });

  it("an error that the body makes of the child's error is added to the group (T3)", async () => {
    const error = new Error("no");
    const errors = await errorsOf(
      TaskGroup.run(async (group) => {
        try {
          await group.createTask(() => Promise.reject(error));
        } catch (cause) {
          throw new Error("of the body", { cause });
        }
      }),
    );
    expect(errors).toEqual([error, new Error("of the body", { cause: error })]);
  });

  it("run rejects with a group although the body caught the error of the child that it awaited (T3)", async () => {
    const error = new Error("no");
    const run = TaskGroup.run(async (group) => {
      await group.createTask(() => Promise.reject(error)).then(null, nothing);
      return "an unused value";
    });
    expect(await errorsOf(run)).toEqual([error]);
  });

  it.each([["text"], [0], [null], [undefined], [Symbol("s")], [10n], [false]])(
    "the group lists a thrown %s once for each child that throws it (T3)",
    async (primitive) => {
      const errors = await errorsOf(
        TaskGroup.run((group) => {
          group.createTask(() => Promise.reject(primitive));
          group.createTask(() => {
            throw primitive;
          });
        }),
      );
      expect(errors).toEqual([primitive, primitive]);
    },
  );

  it("groups of errors nest as task groups nest (T3)", async () => {
    const deepest = new Error("deepest");
    const [middle] = await errorsOf(
      TaskGroup.run((outer) => {
        outer.createTask((scope) =>
          TaskGroup.run(
            (group) => {
              group.createTask((inner) =>
                TaskGroup.run((innermost) => void innermost.createTask(() => Promise.reject(deepest)), {
                  parent: inner,
                }),
              );
            },
            { parent: scope },
          ),
        );
      }),
    );
    expect(middle).toBeInstanceOf(ExceptionGroup);
    const [inner] = (middle as ExceptionGroup).errors;
    expect(inner).toBeInstanceOf(ExceptionGroup);
    expect((inner as ExceptionGroup).errors).toEqual([deepest]);
  });

  it("the group does not list children that the failure has cancelled (T3)", async () => {
    const errors = await errorsOf(
      TaskGroup.run((group) => {
        for (let i = 0; i < 3; i++) group.createTask(forever);
        group.createTask(() => Promise.reject(new Error("no")));
      }),
    );
    expect(errors).toEqual([new Error("no")]);
  });

  it("the group lists what children throw in their cleanup, but not the cancellation that led to it (T2, T3)", async () => {
    const errors = await errorsOf(
      TaskGroup.run((group) => {
        group.createTask((scope) =>
          forever(scope).finally(() => {
            throw new Error("cleanup");
          }),
        );
        group.createTask(() => Promise.reject(new Error("first")));
      }),
    );
    expect(errors.map(String)).toEqual(["Error: first", "Error: cleanup"]);
  });

  it("the group cannot be changed afterwards (T3, E1)", async () => {
    const errors = await errorsOf(
      TaskGroup.run((group) => void group.createTask(() => Promise.reject(new Error("no")))),
    );
    expect(Object.isFrozen(errors)).toBe(true);
  });
});

describe("group.createTask", () => {
  it("createTask starts the child at once, and returns its task (K1)", async () => {
    await TaskGroup.run(async (group) => {
      let started = false;
      const task = group.createTask(async () => {
        started = true;
        return 1;
      });
      expect([started, task.status]).toEqual([true, "pending"]);
      expect(await task).toBe(1);
    });
  });

  it("createTask refuses a value that is not a function, and does not change the group", async () => {
    await TaskGroup.run((group) => {
      expect(() => group.createTask(Promise.resolve(1) as never)).toThrow("A task must be a function, got an object.");
      expect(group.size).toBe(0);
    });
  });

  it("createTask in a cancelled group throws the group's CancelledError, and does not call the function (T6)", async () => {
    let refused: unknown;
    const run = TaskGroup.run(async (group) => {
      group.cancel("enough");
      const create = (): unknown => group.createTask(() => expect.unreachable());
      try {
        create();
      } catch (error) {
        refused = error;
      }
      expect(refused).toBe(group.scope.reason);
      expect(create).toThrow(group.scope.reason);
      expect(group.size).toBe(0);
    });
    await run;
    expect(refused).toMatchObject({ name: "AbortError", cause: "enough" });
  });

  it("createTask throws that error while the group unwinds from a failure, which stays the only error (T6)", async () => {
    const failure = new Error("no");
    let refused: unknown;
    const errors = await errorsOf(
      TaskGroup.run(async (group) => {
        group.createTask(() => Promise.reject(failure));
        try {
          await group.scope.sleep(Infinity);
        } finally {
          try {
            group.createTask(() => expect.unreachable());
          } catch (error) {
            refused = error;
          }
        }
      }),
    );
    expect(errors).toEqual([failure]);
    expect(refused).toMatchObject({ name: "AbortError", cause: failure });
  });

  it("createTask interrupts a child that creates siblings while it unwinds, and is not a failure (T6)", async () => {
    let task: Task<unknown> | undefined;
    await TaskGroup.run((group) => {
      task = group.createTask(async (scope) => {
        try {
          await scope.sleep(Infinity);
        } finally {
          group.createTask(() => expect.unreachable());
        }
      });
      group.cancel();
    });
    expect(task?.status).toBe("cancelled");
  });

  it("createTask throws a ClosedError after the group has finished, cancelled or not (T6)", async () => {
    for (const cancel of [false, true]) {
      let group: TaskGroup | undefined;
      await TaskGroup.run((given) => {
        group = given;
        if (cancel) given.cancel();
      });
      expect(() => group?.createTask(() => expect.unreachable())).toThrow(
        new ClosedError("This TaskGroup has finished: make a new one."),
      );
      expect(() => group?.createTask(() => expect.unreachable())).toThrow(ClosedError);
    }
  });
});

describe("a group of 100,000", { timeout: 60_000 }, () => {
  it("a single failure cancels 100,000 children, and is the only error (T2, T3)", async () => {
    let tasks: Task<void>[] = [];
    const run = TaskGroup.run((group) => {
      tasks = Array.from({ length: 99_999 }, () => group.createTask(forever));
      group.createTask(() => Promise.reject(new Error("the one")));
    });
    expect(await errorsOf(run)).toEqual([new Error("the one")]);
    expect(tasks.every(({ status }) => status === "cancelled")).toBe(true);
  });

  it("a group reports every error if 100,000 children fail, in order (T3)", async () => {
    const run = TaskGroup.run((group) => {
      for (let i = 0; i < 100_000; i++) group.createTask(() => Promise.reject(i));
    });
    const errors = await errorsOf(run);
    expect(errors.length).toBe(100_000);
    expect(errors.every((error, index) => error === index)).toBe(true);
  });
});

describe("group.size", () => {
  it("size counts the children that have not ended (T9)", async () => {
    await TaskGroup.run(async (group) => {
      const sizes = [group.size];
      const quick = [group.createTask(nothing), group.createTask(nothing)];
      const slow = group.createTask(forever);
      sizes.push(group.size);
      await Promise.all(quick);
      sizes.push(group.size);
      slow.cancel();
      await settled();
      sizes.push(group.size);
      expect(sizes).toEqual([0, 3, 1, 0]);
    });
  });
});

describe("describeTree of a TaskGroup", () => {
  it("describeTree prints name and status of groups, children and queued children (C3)", async () => {
    const clock = new VirtualClock();
    await TaskGroup.run(
      async (group) => {
        const fetcher = group.createTask(function fetchAll(scope) {
          return TaskGroup.run((inner) => void inner.createTask(forever, { name: "page 1" }), {
            parent: scope,
            name: "pages",
          });
        });
        group.createTask(nothing, { name: "report" });
        await clock.advance(2_000);
        expect(describeTree(group.scope).split("\n")).toEqual([
          'TaskGroup "import": live',
          '  task "fetchAll": running',
          '    TaskGroup "pages": live',
          '      task "page 1": running',
          '  task "report": queued',
        ]);
        fetcher.cancel();
        expect(describeTree(group.scope).split("\n")).toEqual([
          'TaskGroup "import": live',
          '  task "fetchAll": running, cancelled',
          '    TaskGroup "pages": cancelled',
          '      task "page 1": running, cancelled',
          '  task "report": queued',
        ]);
      },
      { clock, name: "import", limit: 1 },
    );
  });

  it("describeTree prints a group without a name (C3)", async () => {
    await TaskGroup.run(
      (group) => {
        group.createTask(async () => {});
        expect(describeTree(group.scope)).toBe('TaskGroup: live\n  task "anonymous": running');
      },
      { clock: new VirtualClock() },
    );
  });
});
