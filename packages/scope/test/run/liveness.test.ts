import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, ExceptionGroup, InvalidStateError } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { callIn, deferred, isBusyBelow } from "@selvage/scope/internal";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { turn } from "../uncaught.js";

const failure = new Error("EADDRINUSE");
const forever = (): Promise<never> => new Promise(() => {});

function ownerIn(parent: CancelScope, name?: string): TaskOwner {
  return new TaskOwner("Supervisor", { parent, name }, { taskEnded() {} });
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error;
  }
}

/** Idle scopes and owners: nothing runs or waits in them. */
const idle: [string, (scope: CancelScope) => unknown][] = [
  ["a scope", () => {}],
  ["a scope with a listener", (scope) => void scope.onCancel(() => {})],
  ["a scope whose signal was read", (scope) => scope.signal],
  ["a scope with a deadline", (scope) => (scope.deadline = scope.clock.now() + 60_000)],
  ["an owner without tasks", (scope) => void ownerIn(scope)],
  ["idle scopes below", (scope) => new CancelScope({ parent: new CancelScope({ parent: scope }) })],
  ["an owner below that is closed", (scope) => void ownerIn(scope).close()],
];

/** Scopes in which something runs or waits. It also does so after a cancellation, unless `endsOnCancel` is true. */
const busy: [string, (scope: CancelScope) => void, endsOnCancel?: boolean][] = [
  ["a sleep", (scope) => void scope.sleep(60_000), true],
  ["a sleep without end", (scope) => void scope.sleep(Infinity), true],
  ["a race", (scope) => void scope.race(forever()), true],
  ["a settle", (scope) => void scope.settle(forever())],
  ["a checkpoint", (scope) => void scope.checkpoint()],
  ["a body of run", (scope) => void scope.run(forever)],
  ["a body of an owner", (scope) => void callIn(ownerIn(scope).scope, forever, undefined)],
  ["a task", (scope) => void ownerIn(scope).createTask(forever)],
  [
    "a task that waits its turn",
    (scope) => {
      const owner = new TaskOwner("Owner", { parent: scope, limit: 1 }, { taskEnded() {} });
      owner.createTask(forever);
      owner.createTask(forever);
    },
  ],
];

describe("isBusyBelow", () => {
  it("isBusyBelow is false if nothing lives below, even if something waits in the scope itself (S16, R2)", () => {
    using scope = new CancelScope();
    void scope.race(forever());
    expect(isBusyBelow(scope)).toBe(false);
  });

  it.each(idle)("isBusyBelow is false if nothing runs or waits below: %s (S16, R2)", (_, fill) => {
    const scope = new CancelScope();
    fill(new CancelScope({ parent: scope }));
    expect(isBusyBelow(scope)).toBe(false);
    scope.cancel();
  });

  it.each(busy)("isBusyBelow is true if something runs or waits in any scope below: %s (S16, R2)", (_, fill) => {
    const scope = new CancelScope();
    new CancelScope({ parent: scope });
    fill(new CancelScope({ parent: scope }));
    expect(isBusyBelow(scope)).toBe(true);
    scope.cancel();
  });
});

describe("a run that ends with scopes open", () => {
  it.each(idle)(
    "a cancelled run that leaves only idle scopes open ends with its cancellation alone: %s (S16)",
    async (_, fill) => {
      const outer = new CancelScope();
      const running = CancelScope.run(
        (own) => {
          fill(new CancelScope({ parent: own }));
          return own.sleep(Infinity);
        },
        { parent: outer },
      );
      outer.cancel();
      await expect(running).rejects.toBe(outer.reason);
    },
  );

  it.each(idle)(
    "a failed run that leaves only idle scopes open ends with its failure alone: %s (S16)",
    async (_, fill) => {
      const running = CancelScope.run((own) => {
        fill(new CancelScope({ parent: own }));
        throw failure;
      });
      expect(await errorOf(running)).toBe(failure);
    },
  );

  it.each(busy)(
    "a failed run that leaves something running or waiting fails with both errors: %s (S16)",
    async (_, fill) => {
      const running = CancelScope.run((own) => {
        fill(new CancelScope({ parent: own, name: "busy" }));
        throw failure;
      });
      const error = (await errorOf(running)) as ExceptionGroup;
      expect(error).toBeInstanceOf(ExceptionGroup);
      expect(error.errors).toEqual([failure, expect.any(InvalidStateError)]);
      expect(String(error.errors[1])).toContain('that ends: "busy".');
    },
  );

  it.each(busy)(
    "a cancelled run that leaves something still running or waiting fails with the error of the open scope: %s (S16)",
    async (_, fill, endsOnCancel) => {
      const running = CancelScope.run((own) => {
        fill(new CancelScope({ parent: own }));
        own.cancel();
        return own.sleep(Infinity);
      });
      const error = await errorOf(running);
      if (endsOnCancel === true) expect(error).toBeUndefined();
      else expect(error).toBeInstanceOf(InvalidStateError);
    },
  );

  it("a scope counts as open for a wait far below it, and idle scopes beside it are closed (S16)", async () => {
    let quiet: CancelScope | undefined;
    const running = CancelScope.run((own) => {
      quiet = new CancelScope({ parent: own, name: "quiet" });
      let below = new CancelScope({ parent: own, name: "top" });
      for (let level = 0; level < 5; level++) below = new CancelScope({ parent: below });
      void below.settle(forever());
      throw failure;
    });
    const { errors } = (await errorOf(running)) as ExceptionGroup;
    expect(String(errors[1])).toContain('1 scope is still open in a scope that ends: "top".');
    expect(() => new CancelScope({ parent: quiet })).toThrow(ClosedError);
    expect(quiet?.cancelled).toBe(false);
  });

  it("a settle, a checkpoint, a race or a task that has ended does not count as live (S16)", async () => {
    const running = CancelScope.run(async (own) => {
      const scope = new CancelScope({ parent: own });
      const owner = ownerIn(scope);
      owner.createTask(() => 1);
      await Promise.all([scope.settle(Promise.resolve()), scope.checkpoint(), scope.race(Promise.resolve())]);
      await scope.settle(Promise.reject(failure)).catch(() => {});
      await owner.whenEmpty();
      throw failure;
    });
    expect(await errorOf(running)).toBe(failure);
  });

  it("an owner without tasks does not count as live whatever the body did, and is closed with the scope (S16)", async () => {
    let owner: TaskOwner | undefined;
    const value = await CancelScope.run((own) => {
      owner = ownerIn(own);
      return "value";
    });
    expect(value).toBe("value");
    expect(() => owner!.createTask(() => 1)).toThrow(ClosedError);
    expect(owner!.scope.cancelled).toBe(false);
  });

  it("an idle scope counts as live if the body returned, also below an owner without tasks (S16)", async () => {
    await expect(CancelScope.run((own) => new CancelScope({ parent: own }))).rejects.toThrow(InvalidStateError);
    const below = CancelScope.run((own) => new CancelScope({ parent: ownerIn(own, "owner").scope }));
    await expect(below).rejects.toThrow('"owner"');
  });

  it("the error of open scopes escapes their names (S16, E7)", async () => {
    const running = CancelScope.run((own) => new CancelScope({ parent: own, name: 'a\n"b' }), { name: "c\u001b" });
    await expect(running).rejects.toThrow('open in "c\\x1b" that ends: "a\\n\\"b".');
  });

  it("100,000 idle scopes are closed, below each other or beside each other (S3, S16)", async () => {
    const running = CancelScope.run((own) => {
      let below = own;
      for (let level = 0; level < 100_000; level++) {
        below = new CancelScope({ parent: below });
        new CancelScope({ parent: own });
      }
      throw failure;
    });
    expect(await errorOf(running)).toBe(failure);
  });
});

describe("scope.close", () => {
  it("scope.close closes owners without tasks, and throws if one has tasks (S16)", async () => {
    const scope = new CancelScope();
    const owner = ownerIn(scope, "owner");
    const work = deferred<undefined>();
    owner.createTask(() => work.promise);
    expect(() => {
      scope.close();
    }).toThrow('"owner"');
    work.resolve(undefined);
    await owner.whenEmpty();
    scope.close();
    expect(() => owner.createTask(() => 1)).toThrow(ClosedError);
  });

  it("scope.close throws for an idle child even if the scope is cancelled, and leaves the scope open (S16)", () => {
    const scope = new CancelScope();
    const child = new CancelScope({ parent: scope, name: "child" });
    scope.cancel();
    expect(() => {
      scope.close();
    }).toThrow('"child"');
    child.close();
    scope.close();
  });
});

describe("a task that ends with scopes open", () => {
  it("a task that leaves only idle scopes open ends as cancelled, or with its failure (S16, K2)", async () => {
    const owner = new TaskOwner("Owner", {}, { taskEnded() {} });
    const cancelled = owner.createTask((scope) => {
      ownerIn(scope);
      return scope.sleep(Infinity);
    });
    const failed = owner.createTask((scope) => {
      new CancelScope({ parent: scope });
      throw failure;
    });
    cancelled.cancel();
    await owner.finish();
    expect([cancelled.status, failed.exception()]).toEqual(["cancelled", failure]);
  });

  it("a task that leaves an owner without tasks ends as fulfilled (S16)", async () => {
    const owner = new TaskOwner("Owner", {}, { taskEnded() {} });
    const task = owner.createTask((scope) => void ownerIn(scope));
    await owner.finish();
    expect(task.status).toBe("fulfilled");
  });
});

describe("countsAsLive", () => {
  it("countsAsLive agrees with a recursive implementation of the rule on random trees (S16)", async () => {
    interface Node {
      kind: "idle" | "owner" | "settle" | "listener";
      children: Node[];
    }
    const kind = fc.constantFrom<Node["kind"]>("idle", "idle", "owner", "owner", "settle", "listener");
    const { node } = fc.letrec<{ node: Node }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.record({ kind, children: fc.constant<Node[]>([]) }),
        fc.record({ kind, children: fc.array(tie("node"), { maxLength: 3 }) }),
      ),
    }));
    const isLive = ({ kind, children }: Node, isCut: boolean): boolean =>
      kind === "settle" || (!isCut && kind !== "owner") || children.some((child) => isLive(child, isCut));
    const grow = (parent: CancelScope, { kind, children }: Node): void => {
      const scope = kind === "owner" ? ownerIn(parent).scope : new CancelScope({ parent });
      if (kind === "settle") void scope.settle(forever());
      if (kind === "listener") scope.onCancel(() => {});
      for (const child of children) grow(scope, child);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(node, { maxLength: 4 }), fc.boolean(), async (nodes, isCut) => {
        let root: CancelScope | undefined;
        const error = await errorOf(
          CancelScope.run((own) => {
            root = own;
            for (const child of nodes) grow(own, child);
            if (isCut) throw failure;
          }),
        );
        const count = nodes.filter((child) => isLive(child, isCut)).length;
        const leftOpen: unknown = isCut && count > 0 ? (error as ExceptionGroup).errors[1] : error;
        if (count > 0) expect(String(leftOpen)).toMatch(new RegExp(`^InvalidStateError: ${count} scope`));
        else expect(error).toBe(isCut ? failure : undefined);
        expect(describeTree(root!)).not.toContain("\n");
      }),
      { numRuns: 300 },
    );
    await turn();
  });
});
