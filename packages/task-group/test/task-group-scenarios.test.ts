import { deferred } from "@selvage/scope/internal";
import { sequence, settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, ExceptionGroup, type Task, TaskGroup } from "../src/index.js";
import { errorsOf, outcomeOf } from "./outcome.js";

/*
 * The cases of the test suites of asyncio's TaskGroup, Trio's nursery and AnyIO's task group, rewritten for abort
 * signals and for functions that start at once.
 */

/** A child that waits for its cancellation. */
const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);
const nothing = (): void => {};
const virtual = (): VirtualClock => new VirtualClock({ autojump: true });

class ValueError extends Error {
  override readonly name = "ValueError";
}

/** A child that fails while it unwinds, after some milliseconds. */
function crashingAfter(ms: number, message: string): (scope: CancelScope) => Promise<never> {
  return async (scope) => {
    await forever(scope).catch(nothing);
    using cleanup = new CancelScope({ clock: scope.clock });
    await cleanup.sleep(ms);
    throw new Error(message);
  };
}

describe("asyncio's TaskGroup tests", () => {
  it("two children complete, and their results can be read afterwards (T1, K4)", async () => {
    const tasks: Task<number>[] = [];
    await TaskGroup.run(
      (group) => {
        tasks.push(group.createTask((scope) => scope.sleep(100).then(() => 42)));
        tasks.push(group.createTask((scope) => scope.sleep(200).then(() => 11)));
      },
      { clock: virtual() },
    );
    expect(tasks.map((task) => task.result())).toEqual([42, 11]);
  });

  it("a body that has slept in between may add a child (T1)", async () => {
    const tasks: Task<number>[] = [];
    await TaskGroup.run(
      async (group) => {
        tasks.push(group.createTask((scope) => scope.sleep(100).then(() => 42)));
        await group.scope.sleep(150);
        tasks.push(group.createTask((scope) => scope.sleep(50).then(() => 11)));
      },
      { clock: virtual() },
    );
    expect(tasks.map((task) => task.result())).toEqual([42, 11]);
  });

  it("one child is cancelled, and its sibling and the block are not (T4)", async () => {
    const tasks: Task<number>[] = [];
    await TaskGroup.run(
      async (group) => {
        tasks.push(group.createTask((scope) => scope.sleep(100).then(() => 42)));
        tasks.push(group.createTask((scope) => scope.sleep(200).then(() => 11)));
        await group.scope.sleep(10);
        tasks[0]!.cancel();
      },
      { clock: virtual() },
    );
    expect([tasks[0]!.status, tasks[1]!.result()]).toEqual(["cancelled", 11]);
  });

  it("an error of a child cancels its sibling, skips what follows, and is the group's only error (T2, T3)", async () => {
    let sibling: Task<void> | undefined;
    async function program(): Promise<void> {
      await TaskGroup.run((group) => {
        sibling = group.createTask(forever);
        group.createTask(() => Promise.reject(new ValueError("1 / 0")));
      });
      expect.unreachable();
    }
    expect(await errorsOf(program())).toEqual([new ValueError("1 / 0")]);
    expect(sibling?.status).toBe("cancelled");
  });

  it("three children fail at once, and sleeper and body both see the cancellation (T2, T3)", async () => {
    const seen: string[] = [];
    const note =
      (who: string) =>
      (error: unknown): never => {
        seen.push(who);
        throw error;
      };
    const errors = await errorsOf(
      TaskGroup.run(async (group) => {
        group.createTask((scope) => forever(scope).catch(note("sleeper")));
        for (let i = 0; i < 3; i++) group.createTask(() => Promise.reject(new ValueError(String(i))));
        await forever(group.scope).catch(note("body"));
      }),
    );
    expect(errors).toEqual([new ValueError("0"), new ValueError("1"), new ValueError("2")]);
    expect(seen.sort()).toEqual(["body", "sleeper"]);
  });

  it.each([
    ["while the group waits for them", false],
    ["while the body waits, too", true],
  ])("an outer owner cancels five children %s (T5)", async (_, bodyWaits) => {
    const parent = new CancelScope();
    let interrupted = 0;
    const note = (error: unknown): never => {
      interrupted++;
      throw error;
    };
    const run = TaskGroup.run(
      async (group) => {
        for (let i = 0; i < 5; i++) group.createTask((scope) => forever(scope).catch(note));
        if (bodyWaits) await forever(group.scope).catch(note);
      },
      { parent },
    );
    await settled();
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    expect(interrupted).toBe(bodyWaits ? 6 : 5);
    parent.close();
  });

  it("an outer owner cancels, and five children fail while they clean up (T5)", async () => {
    const clock = virtual();
    const parent = new CancelScope({ clock });
    const run = TaskGroup.run(
      async (group) => {
        for (let i = 0; i < 5; i++) group.createTask(crashingAfter(5 - i, `crash ${i}`));
        await forever(group.scope);
      },
      { parent },
    );
    parent.cancel();
    expect((await errorsOf(run)).map(String)).toEqual([4, 3, 2, 1, 0].map((i) => `Error: crash ${i}`));
    parent.close();
  });

  it.each([
    ["after an await", true],
    ["before any await", false],
  ])("the body throws %s: the children are cancelled, and its error is in the group (T2, T3)", async (_, awaits) => {
    const tasks: Task<void>[] = [];
    const run = TaskGroup.run(
      async (group) => {
        for (let i = 0; i < 2; i++) tasks.push(group.createTask(forever));
        if (awaits) await group.scope.sleep(10);
        throw new ValueError("body");
      },
      { clock: virtual() },
    );
    expect(await errorsOf(run)).toEqual([new ValueError("body")]);
    expect(tasks.map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
  });

  it.each([
    ["alone", false],
    ["beside a live child of the outer group", true],
  ])("an outer owner cancels, and children of an inner group fail in cleanup, %s (T3, T5)", async (_, beside) => {
    const clock = virtual();
    const parent = new CancelScope({ clock });
    const run = TaskGroup.run(
      async (outer) => {
        if (beside) outer.createTask(forever);
        await TaskGroup.run((inner) => void inner.createTask(crashingAfter(10, "crash")), { parent: outer.scope });
      },
      { parent },
    );
    await settled();
    parent.cancel();
    const [inner, ...others] = await errorsOf(run);
    expect(others).toEqual([]);
    expect((inner as ExceptionGroup).errors).toEqual([new Error("crash")]);
    parent.close();
  });

  it("a child of the outer group fails while the inner group waits, and the inner group adds nothing (T3)", async () => {
    const errors = await errorsOf(
      TaskGroup.run(
        async (outer) => {
          outer.createTask((scope) => scope.sleep(10).then(() => Promise.reject(new ValueError("outer"))));
          await TaskGroup.run((inner) => void inner.createTask(forever), { parent: outer.scope });
        },
        { clock: virtual() },
      ),
    );
    expect(errors).toEqual([new ValueError("outer")]);
  });

  it("a child of the inner group fails, and the outer group contains the inner one (T3)", async () => {
    const errors = await errorsOf(
      TaskGroup.run(async (outer) => {
        outer.createTask(forever);
        await TaskGroup.run((inner) => void inner.createTask(() => Promise.reject(new ValueError("inner"))), {
          parent: outer.scope,
        });
      }),
    );
    expect(errors).toEqual([expect.any(ExceptionGroup)]);
    expect((errors[0] as ExceptionGroup).errors).toEqual([new ValueError("inner")]);
  });

  it("an outer owner cancels, and a child fails while the body unwinds slowly (T5)", async () => {
    const step = sequence(3);
    const parent = new CancelScope();
    const run = TaskGroup.run(
      async (group) => {
        group.createTask(async (scope) => {
          await forever(scope).catch(nothing);
          await step(1);
          throw new ValueError("child");
        });
        await forever(group.scope).catch(async (error: unknown) => {
          await step(2);
          throw error;
        });
      },
      { parent },
    );
    await step(0);
    parent.cancel();
    expect(await errorsOf(run)).toEqual([new ValueError("child")]);
    parent.close();
  });

  it("an outer owner cancels through one more task, which awaits the run (T5, K2)", async () => {
    const parent = new TaskGroup();
    const task = parent.createTask((scope) =>
      TaskGroup.run(
        async (group) => {
          group.createTask((own) =>
            forever(own).finally(() => {
              throw new ValueError("child");
            }),
          );
          await forever(group.scope);
        },
        { parent: scope },
      ),
    );
    task.cancel();
    expect(await errorsOf(task)).toEqual([new ValueError("child")]);
    expect(await errorsOf(parent.join())).toEqual([task.exception()]);
  });

  it("an outer owner cancels a group without children, and the body sees it (T5)", async () => {
    const parent = new CancelScope();
    let seen: unknown;
    const run = TaskGroup.run(
      (group) =>
        forever(group.scope).catch((error: unknown) => {
          seen = error;
          throw error;
        }),
      { parent },
    );
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    expect(seen).toBe(parent.reason);
    parent.close();
  });

  it("the body converts the outer cancellation into a different error (T5)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run(
      async (group) => {
        for (let i = 0; i < 5; i++) group.createTask(forever);
        await forever(group.scope).catch(() => {
          throw new ValueError("converted");
        });
      },
      { parent },
    );
    parent.cancel();
    expect(await errorsOf(run)).toEqual([new ValueError("converted")]);
    parent.close();
  });

  it("a child fails, the body fails in its cleanup, and both errors are in the group (T3)", async () => {
    const errors = await errorsOf(
      TaskGroup.run(async (group) => {
        group.createTask(() => Promise.reject(new ValueError("child")));
        await forever(group.scope).finally(() => {
          throw new TypeError("body");
        });
      }),
    );
    expect(errors).toEqual([new ValueError("child"), new TypeError("body")]);
  });

  it("an outer owner cancels right after the start (T5)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run(
      async (group) => {
        await TaskGroup.run((inner) => void inner.createTask(forever), { parent: group.scope });
      },
      { parent },
    );
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    parent.close();
  });

  it("finished children are removed from the live ones during a long body (T9)", async () => {
    await TaskGroup.run(
      async (group) => {
        group.createTask((scope) => scope.sleep(10));
        group.createTask((scope) => scope.sleep(30));
        const sizes = [group.size];
        for (let i = 0; i < 2; i++) {
          await group.scope.sleep(20);
          sizes.push(group.size);
        }
        expect(sizes).toEqual([2, 1, 0]);
      },
      { clock: virtual() },
    );
  });

  it("a child creates siblings although the body has ended (T6)", async () => {
    let ended = 0;
    await TaskGroup.run(
      (group) => {
        group.createTask(async (scope) => {
          await scope.sleep(10);
          for (let i = 0; i < 5; i++) group.createTask((own) => own.sleep(10).then(() => ended++));
        });
      },
      { clock: virtual() },
    );
    expect(ended).toBe(5);
  });

  it("children create two each, until one fails: nothing hangs, and there is exactly one error (T2, T6)", async () => {
    let left = 100;
    const errors = await errorsOf(
      TaskGroup.run((group) => {
        async function hydra(scope: CancelScope): Promise<void> {
          await scope.checkpoint();
          if (--left === 0) throw new ValueError("enough heads");
          group.createTask(hydra);
          group.createTask(hydra);
        }
        group.createTask(hydra);
      }),
    );
    expect(errors).toEqual([new ValueError("enough heads")]);
  });

  it("a task's name can be read from the task and from inside (C3)", async () => {
    await TaskGroup.run((group) => {
      const task = group.createTask((scope) => expect(scope.name).toBe("yolo"), { name: "yolo" });
      expect(task.name).toBe("yolo");
    });
  });

  it("createTask in a group that unwinds throws, and does not change the group's error (T6)", async () => {
    let refused: unknown;
    const errors = await errorsOf(
      TaskGroup.run(async (group) => {
        group.createTask(() => Promise.reject(new ValueError("first")));
        await forever(group.scope).catch(() => {
          try {
            group.createTask(() => expect.unreachable());
          } catch (error) {
            refused = error;
          }
        });
      }),
    );
    expect(errors).toEqual([new ValueError("first")]);
    expect(refused).toMatchObject({ name: "AbortError" });
  });

  it("a resource's cleanup throws an error of the same kind as the child: the group has both errors, and no others (T3)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run(
      async (group) => {
        group.createTask(() => Promise.reject(new ValueError("child")));
        await forever(group.scope).finally(() => {
          throw new ValueError("resource");
        });
      },
      { parent },
    );
    expect(await errorsOf(run)).toEqual([new ValueError("child"), new ValueError("resource")]);
    expect(parent.cancelled).toBe(false);
    parent.close();
  });

  it("a group that has finished cannot be used again (T6)", async () => {
    const group = new TaskGroup();
    await group.join();
    expect(() => group.createTask(nothing)).toThrow(ClosedError);
    await group.join();
  });

  it("a failure that was handled leaves no cancellation behind (T2)", async () => {
    const outer = new CancelScope();
    await errorsOf(
      TaskGroup.run((group) => void group.createTask(() => Promise.reject(new Error("no"))), { parent: outer }),
    );
    outer.throwIfCancelled();
    await outer.checkpoint();
    expect([outer.cancelled, outer.signal.aborted]).toEqual([false, false]);
    outer.close();
  });

  it("inner and outer fail in one turn: after the inner failure is handled, the outer cancellation is still there (T2, T3)", async () => {
    const { promise, resolve } = deferred<undefined>();
    let handled: readonly unknown[] = [];
    let after: unknown;
    const run = TaskGroup.run(async (outer) => {
      outer.createTask(() => promise.then(() => Promise.reject(new ValueError("outer"))));
      const inner = TaskGroup.run(
        (group) => void group.createTask(() => promise.then(() => Promise.reject(new ValueError("inner")))),
        { parent: outer.scope },
      );
      resolve(undefined);
      handled = await errorsOf(inner);
      after = (await outcomeOf(outer.scope.checkpoint())).error;
    });
    expect(await errorsOf(run)).toEqual([new ValueError("outer")]);
    expect(handled).toEqual([new ValueError("inner")]);
    expect(after).toMatchObject({ name: "AbortError" });
  });

  it("an outer cancellation coincides with a child's error: the next checkpoint is still cancelled (T5)", async () => {
    const outer = new CancelScope();
    const { promise, reject } = deferred<never>();
    const run = TaskGroup.run(
      (group) => {
        group.createTask(() => promise);
        return forever(group.scope);
      },
      { parent: outer },
    );
    outer.cancel();
    reject(new ValueError("collision"));
    expect(await errorsOf(run)).toEqual([new ValueError("collision")]);
    expect((await outcomeOf(outer.checkpoint())).error).toBe(outer.reason);
    outer.close();
  });

  it("the cancellation of a group does not leak out once its error is handled (T2)", async () => {
    const log: string[] = [];
    await TaskGroup.run(async (outer) => {
      await outcomeOf(
        TaskGroup.run((inner) => void inner.createTask(() => Promise.reject(new Error("no"))), { parent: outer.scope }),
      );
      await outer.scope.checkpoint();
      log.push("continues");
      expect(await outer.createTask(async (scope) => scope.checkpoint().then(() => "and on"))).toBe("and on");
    });
    expect(log).toEqual(["continues"]);
  });

  it("group.cancel keeps an error raised before, and one raised after (T4)", async () => {
    const before = TaskGroup.run((group) => {
      group.cancel();
      throw new ValueError("after the cancel");
    });
    expect(await errorsOf(before)).toEqual([new ValueError("after the cancel")]);
    const after = TaskGroup.run(async (group) => {
      const task = group.createTask(() => Promise.reject(new ValueError("before the cancel")));
      await outcomeOf(task);
      group.cancel();
    });
    expect(await errorsOf(after)).toEqual([new ValueError("before the cancel")]);
  });

  it("group.cancel does not undo an outer cancellation (T5)", async () => {
    const step = sequence(2);
    const outer = new CancelScope();
    const run = TaskGroup.run(
      async (group) => {
        group.createTask(async (scope) => {
          await forever(scope).catch(nothing);
          await step(1);
          group.cancel();
        });
        await forever(group.scope);
      },
      { parent: outer },
    );
    await step(0);
    outer.cancel();
    expect((await outcomeOf(run)).error).toBe(outer.reason);
    expect((await outcomeOf(outer.checkpoint())).error).toBe(outer.reason);
    outer.close();
  });
});

describe("Trio's nursery tests", () => {
  it("an error of the main block, of a child, of both, and of two children make groups (T3)", async () => {
    const [one, two] = [new ValueError("one"), new TypeError("two")];
    const fails = (error: Error) => (): Promise<never> => Promise.reject(error);
    expect(await errorsOf(TaskGroup.run(fails(one)))).toEqual([one]);
    expect(await errorsOf(TaskGroup.run((group) => void group.createTask(fails(one))))).toEqual([one]);
    const both = TaskGroup.run((group) => {
      group.createTask(fails(one));
      throw two;
    });
    expect(await errorsOf(both)).toEqual([two, one]);
    const children = TaskGroup.run((group) => {
      group.createTask(fails(one));
      group.createTask(fails(two));
    });
    expect(await errorsOf(children)).toEqual([one, two]);
  });

  it("a failure of a child wakes the body, and one of the innermost child passes through all groups (T2, T3)", async () => {
    let woken = false;
    const run = TaskGroup.run(async (outer) => {
      outer.createTask((scope) =>
        TaskGroup.run((inner) => void inner.createTask(() => Promise.reject(new ValueError("crash"))), {
          parent: scope,
        }),
      );
      await forever(outer.scope).finally(() => (woken = true));
    });
    const [inner] = await errorsOf(run);
    expect((inner as ExceptionGroup).errors).toEqual([new ValueError("crash")]);
    expect(woken).toBe(true);
  });

  it("children take turns (T1)", async () => {
    const log: string[] = [];
    await TaskGroup.run((group) => {
      for (const name of ["a", "b"]) {
        group.createTask(async (scope) => {
          for (let i = 0; i < 3; i++) {
            log.push(`${name}${i}`);
            await scope.checkpoint();
          }
        });
      }
    });
    const rounds = [log.slice(0, 2), log.slice(2, 4), log.slice(4, 6)].map((round) => round.sort());
    expect(rounds).toEqual([
      ["a0", "b0"],
      ["a1", "b1"],
      ["a2", "b2"],
    ]);
  });

  it("a group whose body has ended is open while a child lives, and closed afterwards (T6)", async () => {
    let group: TaskGroup | undefined;
    const { promise, resolve } = deferred<undefined>();
    const run = TaskGroup.run((given) => {
      group = given;
      given.createTask(() => promise);
    });
    await settled();
    const late = group?.createTask(() => "in time");
    resolve(undefined);
    await run;
    expect(late?.result()).toBe("in time");
    expect(() => group?.createTask(nothing)).toThrow(ClosedError);
  });

  it("a child that starts in a cancelled scope is interrupted at its first checkpoint (S11, T5)", async () => {
    const parent = new CancelScope();
    const tasks: Task<void>[] = [];
    const run = TaskGroup.run(
      (group) => {
        tasks.push(
          group.createTask((scope) => {
            parent.cancel();
            return scope.checkpoint();
          }),
        );
      },
      { parent },
    );
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    expect(tasks[0]?.status).toBe("cancelled");
    parent.close();
  });

  it("cancellation reaches grandchildren, but not a shielded one (S11)", async () => {
    const clock = virtual();
    const log: string[] = [];
    const parent = new CancelScope({ clock });
    const run = TaskGroup.run(
      (group) => {
        group.createTask((scope) =>
          TaskGroup.run(
            (inner) => {
              inner.createTask((own) => forever(own).finally(() => log.push(`grandchild cancelled at ${clock.now()}`)));
              inner.createTask(async (own) => {
                await forever(own).catch(nothing);
                await CancelScope.run((cleanup) => cleanup.sleep(100), {
                  parent: own,
                  shield: true,
                  deadline: clock.now() + 30,
                });
                log.push(`cleanup over at ${clock.now()}`);
                own.throwIfCancelled();
              });
            },
            { parent: scope },
          ),
        );
      },
      { parent },
    );
    await settled();
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    expect(log).toEqual(["grandchild cancelled at 0", "cleanup over at 30"]);
    parent.close();
  });

  it("three children are cancelled and one fails: the only error is that failure (T3)", async () => {
    const run = TaskGroup.run((group) => {
      for (let i = 0; i < 3; i++) group.createTask(forever);
      group.createTask(async (scope) => {
        await scope.checkpoint();
        throw new ValueError("the one");
      });
    });
    expect(await errorsOf(run)).toEqual([new ValueError("the one")]);
  });

  it("the reason shows the origin of the cancellation: a child, the body, or the first failure (T2, S7)", async () => {
    const reasons: unknown[] = [];
    const note = async (scope: CancelScope): Promise<void> => {
      await forever(scope).catch(nothing);
      reasons.push(scope.reason?.cause);
    };
    const [child, body] = [new ValueError("child"), new ValueError("body")];
    await errorsOf(
      TaskGroup.run((group) => {
        group.createTask(note);
        group.createTask(() => Promise.reject(child));
      }),
    );
    await errorsOf(
      TaskGroup.run((group) => {
        group.createTask(note);
        throw body;
      }),
    );
    await errorsOf(
      TaskGroup.run((group) => {
        group.createTask(note);
        group.cancel("explicitly");
        throw body;
      }),
    );
    expect(reasons).toEqual([child, body, "explicitly"]);
  });

  it("time jumps from one timer to the next while all tasks are blocked (C2)", async () => {
    const clock = virtual();
    const log: string[] = [];
    await TaskGroup.run(
      (group) => {
        for (const hours of [3, 1, 2]) {
          group.createTask((scope) => scope.sleep(hours * 3_600_000).then(() => log.push(`${hours} h`)));
        }
      },
      { clock },
    );
    expect([log, clock.now()]).toEqual([["1 h", "2 h", "3 h"], 3 * 3_600_000]);
  });
});

describe("AnyIO's task group tests", () => {
  it("children are started while the group runs, and not after an error (T6)", async () => {
    const run = TaskGroup.run(async (group) => {
      await group.createTask((scope) => scope.checkpoint());
      await group.createTask(async () => {});
      await outcomeOf(group.createTask(() => Promise.reject(new ValueError("no"))));
      expect(() => group.createTask(nothing)).toThrow(expect.objectContaining({ name: "AbortError" }));
    });
    expect(await errorsOf(run)).toEqual([new ValueError("no")]);
  });

  it("an empty group lets other tasks run before it ends (T1)", async () => {
    const log: string[] = [];
    queueMicrotask(() => log.push("other"));
    await TaskGroup.run(nothing);
    log.push("left");
    expect(log).toEqual(["other", "left"]);
  });

  it("cancelling the owner of nested groups cascades (T5)", async () => {
    const statuses: string[] = [];
    const tasks: Task<unknown>[] = [];
    await TaskGroup.run((outer) => {
      for (let i = 0; i < 3; i++) {
        outer.createTask((scope) =>
          TaskGroup.run(
            (inner) => {
              for (let j = 0; j < 3; j++) tasks.push(inner.createTask(forever));
            },
            { parent: scope },
          ),
        );
      }
      outer.cancel();
    });
    statuses.push(...tasks.map(({ status }) => status));
    expect(statuses).toEqual(Array.from({ length: 9 }, () => "cancelled"));
  });

  it("a cancelled scope within a child does not affect the group (T4, S14)", async () => {
    const value = await TaskGroup.run(async (group) => {
      const task = group.createTask(async (scope) => {
        await CancelScope.run(
          (inner) => {
            inner.cancel();
            return inner.sleep(Infinity);
          },
          { parent: scope },
        );
        return "not touched";
      });
      return task;
    });
    expect(value).toBe("not touched");
  });

  it("cancelling a group that is ending waits until the children have ended (T1, T4)", async () => {
    const clock = virtual();
    let group: TaskGroup | undefined;
    let over = false;
    const run = TaskGroup.run(
      (given) => {
        group = given;
        given.createTask(async (scope) => {
          await forever(scope).catch(nothing);
          using cleanup = new CancelScope({ clock });
          await cleanup.sleep(100);
          over = true;
        });
      },
      { clock },
    );
    await settled();
    group?.cancel();
    await run;
    expect([over, clock.now()]).toEqual([true, 100]);
  });

  it("an owner distinguishes escaped cancellations of inner scopes from failures (T4, S14)", async () => {
    const foreign = new CancelScope({ name: "foreign" });
    foreign.cancel();
    const errors = await errorsOf(
      TaskGroup.run((group) => {
        group.createTask(() => foreign.checkpoint());
      }),
    );
    expect(errors).toEqual([foreign.reason]);
    foreign.close();
  });

  it("a task shows its state: pending, its value, its error, its cancellation (K4)", async () => {
    const group = new TaskGroup();
    const fine = group.createTask(async () => "value");
    const stopped = group.createTask(forever);
    expect([fine.status, fine.done]).toEqual(["pending", false]);
    stopped.cancel();
    await settled();
    expect([fine.status, fine.done, fine.result()]).toEqual(["fulfilled", true, "value"]);
    expect(stopped.status).toBe("cancelled");
    const failed = group.createTask(() => Promise.reject(new ValueError("no")));
    await settled();
    expect([failed.status, failed.exception()]).toEqual(["rejected", new ValueError("no")]);
    await errorsOf(group.join());
  });

  it("each child is notified once of a cancellation, and nothing spins (T5, S2)", async () => {
    const parent = new CancelScope();
    let notified = 0;
    const run = TaskGroup.run(
      (group) => {
        group.createTask(async (scope) => {
          scope.onCancel(() => notified++);
          await forever(scope).catch(nothing);
          for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
        });
        return "value";
      },
      { parent },
    );
    parent.cancel();
    parent.cancel();
    expect(await run).toBe("value");
    expect(notified).toBe(1);
    parent.close();
  });
});
