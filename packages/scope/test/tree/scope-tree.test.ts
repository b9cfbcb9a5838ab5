import { describe, expect, it } from "vitest";
import { type CancelledError, CancelScope } from "@selvage/scope";
import { stackless } from "../stackless.js";

/** A scope that logs its name when it is cancelled. */
function logging(log: string[], name: string, options: ConstructorParameters<typeof CancelScope>[0] = {}): CancelScope {
  const scope = new CancelScope({ ...options, name });
  scope.onCancel(() => log.push(name));
  return scope;
}

describe("CancelScope.cancelled", () => {
  it("cancelled is false at first, and true once the scope was cancelled (S1)", () => {
    const scope = new CancelScope();
    expect(scope.cancelled).toBe(false);
    expect(scope.reason).toBeUndefined();
    scope.cancel();
    expect(scope.cancelled).toBe(true);
    expect(scope.reason?.scope).toBe(scope);
  });

  it("cancelled is true for everything below, at any depth, and for nothing above or beside (S1)", () => {
    const root = new CancelScope();
    const parent = new CancelScope({ parent: root });
    const sibling = new CancelScope({ parent: root });
    const child = new CancelScope({ parent });
    const grandchild = new CancelScope({ parent: child });
    parent.cancel();
    expect([parent, child, grandchild].map((scope) => scope.cancelled)).toEqual([true, true, true]);
    expect([root, sibling].map((scope) => scope.cancelled)).toEqual([false, false]);
  });

  it("cancelled stays true whatever happens afterwards (S1)", () => {
    const parent = new CancelScope();
    const scope = new CancelScope({ parent, deadline: -Infinity });
    const { reason } = scope;
    scope.deadline = Infinity;
    expect(scope.cancelled).toBe(true);
    scope.close();
    parent.close();
    expect(scope.cancelled).toBe(true);
    expect(scope.reason).toBe(reason);
  });

  it("a cancellation reaches tasks in grandchildren, and each of them sees which scope was cancelled (S1)", async () => {
    const seen: unknown[] = [];
    const outer = new CancelScope();
    const running = outer.run((scope) =>
      CancelScope.run(
        (middle) =>
          CancelScope.run((inner) => inner.sleep(Infinity).catch((error: unknown) => seen.push(error)), {
            parent: middle,
          }),
        { parent: scope },
      ),
    );
    outer.cancel();
    await running;
    expect(seen).toEqual([outer.reason]);
  });
});

describe("CancelScope.cancelCalled", () => {
  it("cancelCalled is true only for the very scope that was cancelled (S1)", () => {
    const parent = new CancelScope();
    const child = new CancelScope({ parent });
    expect(parent.cancelCalled).toBe(false);
    parent.cancel();
    expect(parent.cancelCalled).toBe(true);
    expect(child.cancelCalled).toBe(false);
  });

  it("cancelCalled becomes true if cancel is called after an ancestor was cancelled (S1)", () => {
    const parent = new CancelScope();
    const child = new CancelScope({ parent });
    parent.cancel("first");
    child.cancel("second");
    expect(child.cancelCalled).toBe(true);
    expect(child.reason).toBe(parent.reason);
  });

  it("cancelCalled does not change once the scope is closed (S1)", () => {
    const [called, not] = [new CancelScope(), new CancelScope()];
    called.cancel();
    called.close();
    not.close();
    not.cancel();
    expect([called.cancelCalled, not.cancelCalled]).toEqual([true, false]);
  });
});

describe("CancelScope.cancel", () => {
  it("cancel has cancelled the scope when it returns (S2)", () => {
    const log: string[] = [];
    const scope = logging(log, "scope");
    scope.signal.addEventListener("abort", () => log.push("signal"));
    scope.cancel();
    expect(scope.cancelled).toBe(true);
    expect(log).toEqual(["signal", "scope"]);
  });

  it("cancel keeps the first reason, and calls listeners once (S2)", () => {
    const log: string[] = [];
    const scope = logging(log, "scope");
    scope.cancel("first");
    const { reason } = scope;
    scope.cancel("second");
    expect(scope.reason).toBe(reason);
    expect(reason?.cause).toBe("first");
    expect(log).toEqual(["scope"]);
  });

  it("cancel keeps the reason of descendants that were cancelled before, and reaches the scopes around them (S2)", () => {
    const root = new CancelScope();
    const early = new CancelScope({ parent: root });
    const belowEarly = new CancelScope({ parent: early });
    const late = new CancelScope({ parent: root });
    early.cancel("early");
    root.cancel("late");
    expect([early, belowEarly, late].map((scope) => scope.reason?.cause)).toEqual(["early", "early", "late"]);
    expect(late.reason).toBe(root.reason);
  });

  it("cancel marks the whole subtree before it calls any listener (S2)", () => {
    const root = new CancelScope();
    const seen: boolean[] = [];
    root.onCancel(() => seen.push(...all.map((scope) => scope.cancelled)));
    root.signal.addEventListener("abort", () => seen.push(...all.map((scope) => scope.signal.reason === root.reason)));
    const first = new CancelScope({ parent: root });
    const all = [root, first, new CancelScope({ parent: first }), new CancelScope({ parent: root })];
    root.cancel();
    expect(seen).toEqual(Array(8).fill(true));
  });

  it("cancel calls listeners of parents before children, and of siblings in order of creation (S2)", () => {
    const log: string[] = [];
    const root = logging(log, "root");
    const a = logging(log, "a", { parent: root });
    const b = logging(log, "b", { parent: root });
    logging(log, "b1", { parent: b });
    logging(log, "a1", { parent: a });
    logging(log, "c", { parent: root });
    logging(log, "a2", { parent: a });
    root.onCancel(() => log.push("root again"));
    root.cancel();
    expect(log).toEqual(["root", "root again", "a", "a1", "a2", "b", "b1", "c"]);
  });

  it("cancel keeps that order if siblings were closed (S2)", () => {
    const log: string[] = [];
    const root = new CancelScope();
    const scopes = Array.from("abcdefg").map((name) => logging(log, name, { parent: root }));
    for (const index of [0, 3, 6]) scopes[index]!.close();
    logging(log, "h", { parent: root });
    root.cancel();
    expect(log).toEqual(["b", "c", "e", "f", "h"]);
  });

  it("cancel aborts a parent's signal before its children's, and each signal before its scope's own listeners (S2)", () => {
    const log: string[] = [];
    const root = logging(log, "root");
    const child = logging(log, "child", { parent: root });
    child.signal.addEventListener("abort", () => log.push("child's signal"));
    root.signal.addEventListener("abort", () => log.push("root's signal"));
    root.cancel();
    expect(log).toEqual(["root's signal", "root", "child's signal", "child"]);
  });

  it("cancel does nothing to a closed scope (S16)", () => {
    const log: string[] = [];
    const scope = logging(log, "scope");
    scope.close();
    scope.cancel();
    expect(scope.cancelled).toBe(false);
    expect(log).toEqual([]);
  });

  it("a reason that cancels the scope while it is read comes first (S2)", () => {
    const log: string[] = [];
    const scope = logging(log, "scope");
    scope.cancel(whenRead(() => scope.cancel("from the proxy")));
    expect(scope.reason?.cause).toBe("from the proxy");
    expect(log).toEqual(["scope"]);
  });

  it("cancel does nothing to a scope that is closed while its reason is read (S16)", () => {
    const scope = new CancelScope();
    scope.cancel(whenRead(() => scope.close()));
    expect(scope.cancelled).toBe(false);
  });
});

/** A reason that calls `fn` when a message is made from it. */
function whenRead(fn: () => void): object {
  return new Proxy({}, { getOwnPropertyDescriptor: () => (fn(), undefined) });
}

describe("a large tree", () => {
  const size = 100_000;

  it("a tree 100,000 levels deep is cancelled, parents first (S3)", () => {
    const root = new CancelScope();
    let called = 0;
    let inOrder = true;
    let deepest = root;
    for (let level = 0; level < size; level++) {
      deepest = new CancelScope({ parent: deepest });
      deepest.onCancel(() => (inOrder &&= called++ === level));
    }
    root.cancel();
    expect(called).toBe(size);
    expect(inOrder).toBe(true);
    expect(deepest.reason).toBe(root.reason);
  });

  it("a tree 100,000 wide is cancelled, in order (S3)", () => {
    const root = new CancelScope();
    let called = 0;
    let inOrder = true;
    for (let index = 0; index < size; index++) {
      new CancelScope({ parent: root }).onCancel(() => (inOrder &&= called++ === index));
    }
    root.cancel();
    expect(called).toBe(size);
    expect(inOrder).toBe(true);
  });

  it("a comb of 100,000 levels, each with a child beside the next level, is cancelled (S3)", () => {
    const root = new CancelScope();
    let called = 0;
    let spine = root;
    for (let level = 0; level < size; level++) {
      new CancelScope({ parent: spine }).onCancel(() => called++);
      spine = new CancelScope({ parent: spine });
    }
    root.cancel();
    expect(called).toBe(size);
    expect(spine.cancelled).toBe(true);
  });

  it("the scopes of a large tree are cancelled one by one from the leaves up without repeated traversals (S3)", () => {
    const scopes = [new CancelScope()];
    for (let index = 1; index < size; index++) scopes.push(new CancelScope({ parent: scopes[index - 1]! }));
    stackless(() => {
      for (const scope of scopes.reverse()) scope.cancel(scope);
    });
    expect(scopes.every((scope) => scope.reason?.scope === scope)).toBe(true);
  });

  it("a scope 100,000 levels deep notices a passed deadline (S9)", () => {
    const root = new CancelScope({ deadline: 1e12 });
    let deepest = root;
    for (let level = 0; level < size; level++) deepest = new CancelScope({ parent: deepest });
    expect(deepest.cancelled).toBe(false);
    expect(deepest.effectiveDeadline).toBe(1e12);
    root.deadline = 0;
    expect(deepest.reason?.scope).toBe(root);
  });
});

describe("a listener that runs during a cancellation", () => {
  it("a listener may cancel its scope, an ancestor and a descendant: all are marked, and their listeners run in turn (S3)", () => {
    const log: string[] = [];
    const root = new CancelScope({ name: "root" });
    root.onCancel(() => {
      log.push("root begins");
      for (const scope of [root, child, grandchild]) scope.cancel("again");
      log.push("root ends");
    });
    const child = logging(log, "child", { parent: root });
    const grandchild = logging(log, "grandchild", { parent: child });
    root.cancel("once");
    expect(log).toEqual(["root begins", "root ends", "child", "grandchild"]);
    expect([root, child, grandchild].map((scope) => scope.reason?.cause)).toEqual(["once", "once", "once"]);
    expect([root, child, grandchild].map((scope) => scope.cancelCalled)).toEqual([true, true, true]);
  });

  it("a listener may cancel a scope above: scopes not yet reached are handled at once, the others in turn (S3)", () => {
    const log: string[] = [];
    const top = logging(log, "top");
    const middle = new CancelScope({ parent: top });
    middle.onCancel(() => {
      log.push("middle begins");
      top.cancel("upwards");
      log.push("middle ends");
    });
    const below = logging(log, "below", { parent: middle });
    const beside = logging(log, "beside", { parent: top });
    middle.cancel("first");
    expect(log).toEqual(["middle begins", "top", "beside", "middle ends", "below"]);
    expect([top, middle, below, beside].map((scope) => scope.reason?.cause)).toEqual([
      "upwards",
      "first",
      "first",
      "upwards",
    ]);
  });

  it("a listener may cancel another tree, whose listeners run at once (S3)", () => {
    const log: string[] = [];
    const other = logging(log, "other");
    logging(log, "below other", { parent: other });
    const root = new CancelScope();
    root.onCancel(() => other.cancel());
    logging(log, "child", { parent: root });
    root.cancel();
    expect(log).toEqual(["other", "below other", "child"]);
  });

  it("a listener may cancel a shielded scope below, which the cancellation itself does not reach (S3, S11)", () => {
    const log: string[] = [];
    const root = new CancelScope();
    const shielded = logging(log, "shielded", { parent: root, shield: true });
    root.onCancel(() => shielded.cancel("grace is over"));
    logging(log, "child", { parent: root });
    root.cancel("stop");
    expect(log).toEqual(["shielded", "child"]);
    expect(shielded.reason?.cause).toBe("grace is over");
  });

  it("a listener that another one disposes of is not called, wherever in the tree (S3)", () => {
    const log: string[] = [];
    const root = new CancelScope();
    const handles: Disposable[] = [];
    root.onCancel(() => {
      for (const handle of handles) handle[Symbol.dispose]();
    });
    const child = new CancelScope({ parent: root });
    for (const [index, scope] of [root, root, child, child].entries()) {
      const handle = scope.onCancel(() => log.push(`listener ${index}`));
      if (index % 2 === 0) handles.push(handle);
    }
    root.cancel();
    expect(log).toEqual(["listener 1", "listener 3"]);
  });

  it("a listener may dispose of its own handle and of one whose listener has run (S3)", () => {
    const log: string[] = [];
    const root = new CancelScope();
    const first = root.onCancel(() => log.push("first"));
    const second = root.onCancel(() => {
      log.push("second");
      first[Symbol.dispose]();
      second[Symbol.dispose]();
    });
    root.onCancel(() => log.push("third"));
    root.cancel();
    expect(log).toEqual(["first", "second", "third"]);
  });

  it("listeners of a scope that another listener closes are not called (S3)", () => {
    const log: string[] = [];
    const root = new CancelScope();
    root.onCancel(() => {
      grandchild.close();
      child.close();
    });
    const child = logging(log, "child", { parent: root });
    const grandchild = logging(log, "grandchild", { parent: child });
    logging(log, "sibling", { parent: root });
    root.cancel();
    expect(log).toEqual(["sibling"]);
    expect([child.cancelled, grandchild.cancelled]).toEqual([true, true]);
  });

  it("a listener may close the scope that is being cancelled: its later listeners do not run (S3)", () => {
    const log: string[] = [];
    const scope = new CancelScope();
    scope.onCancel(() => {
      log.push("closes");
      scope.close();
    });
    scope.onCancel(() => log.push("later"));
    scope.cancel();
    expect(log).toEqual(["closes"]);
    expect(scope.cancelled).toBe(true);
  });

  it("a listener may create scopes under marked ones, which are cancelled from the start, and so are scopes below (S3)", () => {
    const root = new CancelScope();
    const child = new CancelScope({ parent: root });
    const born: CancelScope[] = [];
    const log: string[] = [];
    root.onCancel(() => {
      const scope = new CancelScope({ parent: child });
      born.push(scope, new CancelScope({ parent: scope }));
      for (const each of born) each.onCancel(() => log.push("at once"));
      log.push("root");
    });
    child.onCancel(() => log.push("child"));
    root.cancel("stop");
    expect(born.map((scope) => [scope.cancelled, scope.reason, scope.signal.aborted])).toEqual([
      [true, root.reason, true],
      [true, root.reason, true],
    ]);
    expect(log).toEqual(["at once", "at once", "root", "child"]);
  });

  it("a listener may create a shielded scope under a marked one, which is not cancelled, nor is what is below it (S3, S11)", () => {
    const root = new CancelScope();
    const seen: boolean[] = [];
    root.onCancel(() => {
      const cleanup = new CancelScope({ parent: root, shield: true });
      seen.push(cleanup.cancelled, new CancelScope({ parent: cleanup }).cancelled);
    });
    root.cancel();
    expect(seen).toEqual([false, false]);
  });

  it("a listener may register listeners, which are called at once (S3, S6)", () => {
    const log: string[] = [];
    const root = new CancelScope();
    const child = new CancelScope({ parent: root });
    root.onCancel(() => {
      child.onCancel(() => log.push("added"));
      log.push("root");
    });
    child.onCancel(() => log.push("child"));
    root.cancel();
    expect(log).toEqual(["added", "root", "child"]);
  });

  it("a listener may read the signal of a marked scope before its turn, and it is aborted (S3, S5)", () => {
    const root = new CancelScope();
    const child = new CancelScope({ parent: root });
    let aborted: boolean | undefined;
    root.onCancel(() => (aborted = child.signal.aborted));
    root.cancel();
    expect(aborted).toBe(true);
  });

  it("a listener gets the reason (S2)", () => {
    const root = new CancelScope();
    const reasons: CancelledError[] = [];
    new CancelScope({ parent: root }).onCancel((reason) => reasons.push(reason));
    root.cancel();
    expect(reasons).toEqual([root.reason]);
  });
});

describe("a shielded scope", () => {
  it("a shielded scope does not see its ancestors' cancellation, before or after it was created (S11)", () => {
    const root = new CancelScope();
    const before = new CancelScope({ parent: root, shield: true });
    root.cancel();
    const after = new CancelScope({ parent: root, shield: true });
    expect([before, after].map((scope) => [scope.cancelled, scope.reason, scope.signal.aborted])).toEqual([
      [false, undefined, false],
      [false, undefined, false],
    ]);
  });

  it("a shielded scope can be cancelled itself, and the scopes below see that (S11)", () => {
    const root = new CancelScope();
    const shielded = new CancelScope({ parent: root, shield: true });
    const child = new CancelScope({ parent: shielded });
    root.cancel("outer");
    expect(child.cancelled).toBe(false);
    shielded.cancel("inner");
    expect(child.reason?.cause).toBe("inner");
    expect(child.reason?.scope).toBe(shielded);
  });

  it("a shielded scope hides cancellations from everything below it, and not from its siblings (S11)", () => {
    const root = new CancelScope();
    const shielded = new CancelScope({ parent: root, shield: true });
    const below = new CancelScope({ parent: new CancelScope({ parent: shielded }) });
    const sibling = new CancelScope({ parent: root });
    root.cancel();
    expect(below.cancelled).toBe(false);
    expect(sibling.cancelled).toBe(true);
  });

  it("an inner shield hides the cancellation of an outer shielded scope (S11)", () => {
    const outer = new CancelScope({ shield: true });
    const between = new CancelScope({ parent: outer });
    const inner = new CancelScope({ parent: between, shield: true });
    outer.cancel();
    expect(between.cancelled).toBe(true);
    expect(inner.cancelled).toBe(false);
  });

  it("a shielded scope gives cleanup bounded time after a cancellation (S11)", async () => {
    const log: string[] = [];
    const outer = new CancelScope();
    const running = outer.run(async (scope) => {
      try {
        await scope.sleep(Infinity);
      } finally {
        await CancelScope.run(
          async (cleanup) => {
            await cleanup.checkpoint();
            log.push("cleaned up");
            cleanup.cancel("enough");
            await cleanup.checkpoint();
            log.push("never");
          },
          { parent: scope, shield: true },
        );
        log.push(`outer still cancelled: ${scope.cancelled}`);
      }
    });
    outer.cancel();
    expect(await running).toBeUndefined();
    expect(log).toEqual(["cleaned up", "outer still cancelled: true"]);
    expect(outer.cancelledCaught).toBe(true);
  });
});
