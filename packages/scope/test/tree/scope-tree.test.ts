import { describe, expect, it } from "vitest";
import { type CancelledError, CancelScope } from "@selvage/scope";
import { stackless } from "../stackless.js";

/** A scope that writes its name down when it is told of its cancellation. */
function logging(log: string[], name: string, options: ConstructorParameters<typeof CancelScope>[0] = {}): CancelScope {
  const scope = new CancelScope({ ...options, name });
  scope.onCancel(() => log.push(name));
  return scope;
}

describe("CancelScope.cancelled", () => {
  it("is false at first, and true once the scope was cancelled (S1)", () => {
    const scope = new CancelScope();
    expect(scope.cancelled).toBe(false);
    expect(scope.reason).toBeUndefined();
    scope.cancel();
    expect(scope.cancelled).toBe(true);
    expect(scope.reason?.scope).toBe(scope);
  });

  it("is true in everything below, however far, and in nothing above or beside (S1)", () => {
    const root = new CancelScope();
    const parent = new CancelScope({ parent: root });
    const sibling = new CancelScope({ parent: root });
    const child = new CancelScope({ parent });
    const grandchild = new CancelScope({ parent: child });
    parent.cancel();
    expect([parent, child, grandchild].map((scope) => scope.cancelled)).toEqual([true, true, true]);
    expect([root, sibling].map((scope) => scope.cancelled)).toEqual([false, false]);
  });

  it("stays true whatever happens afterwards (S1)", () => {
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

  it("reaches tasks that run in grandchildren, and each sees whose it was (S1)", async () => {
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
  it("is true on the very scope only (S1)", () => {
    const parent = new CancelScope();
    const child = new CancelScope({ parent });
    expect(parent.cancelCalled).toBe(false);
    parent.cancel();
    expect(parent.cancelCalled).toBe(true);
    expect(child.cancelCalled).toBe(false);
  });

  it("becomes true where cancel is called after an ancestor was first (S1)", () => {
    const parent = new CancelScope();
    const child = new CancelScope({ parent });
    parent.cancel("first");
    child.cancel("second");
    expect(child.cancelCalled).toBe(true);
    expect(child.reason).toBe(parent.reason);
  });

  it("stays as it was once the scope is closed (S1)", () => {
    const [called, not] = [new CancelScope(), new CancelScope()];
    called.cancel();
    called.close();
    not.close();
    not.cancel();
    expect([called.cancelCalled, not.cancelCalled]).toEqual([true, false]);
  });
});

describe("CancelScope.cancel", () => {
  it("has cancelled when it returns (S2)", () => {
    const log: string[] = [];
    const scope = logging(log, "scope");
    scope.signal.addEventListener("abort", () => log.push("signal"));
    scope.cancel();
    expect(scope.cancelled).toBe(true);
    expect(log).toEqual(["signal", "scope"]);
  });

  it("keeps the first reason, and tells listeners once (S2)", () => {
    const log: string[] = [];
    const scope = logging(log, "scope");
    scope.cancel("first");
    const { reason } = scope;
    scope.cancel("second");
    expect(scope.reason).toBe(reason);
    expect(reason?.cause).toBe("first");
    expect(log).toEqual(["scope"]);
  });

  it("leaves descendants that were cancelled before with their reason, and reaches those around them (S2)", () => {
    const root = new CancelScope();
    const early = new CancelScope({ parent: root });
    const belowEarly = new CancelScope({ parent: early });
    const late = new CancelScope({ parent: root });
    early.cancel("early");
    root.cancel("late");
    expect([early, belowEarly, late].map((scope) => scope.reason?.cause)).toEqual(["early", "early", "late"]);
    expect(late.reason).toBe(root.reason);
  });

  it("marks the whole subtree before it tells anyone (S2)", () => {
    const root = new CancelScope();
    const seen: boolean[] = [];
    root.onCancel(() => seen.push(...all.map((scope) => scope.cancelled)));
    root.signal.addEventListener("abort", () => seen.push(...all.map((scope) => scope.signal.reason === root.reason)));
    const first = new CancelScope({ parent: root });
    const all = [root, first, new CancelScope({ parent: first }), new CancelScope({ parent: root })];
    root.cancel();
    expect(seen).toEqual(Array(8).fill(true));
  });

  it("tells parents before children and siblings in order of creation (S2)", () => {
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

  it("keeps that order where siblings have gone (S2)", () => {
    const log: string[] = [];
    const root = new CancelScope();
    const scopes = Array.from("abcdefg").map((name) => logging(log, name, { parent: root }));
    for (const index of [0, 3, 6]) scopes[index]!.close();
    logging(log, "h", { parent: root });
    root.cancel();
    expect(log).toEqual(["b", "c", "e", "f", "h"]);
  });

  it("aborts a parent's signal before its children's, and each before its scope's own listeners (S2)", () => {
    const log: string[] = [];
    const root = logging(log, "root");
    const child = logging(log, "child", { parent: root });
    child.signal.addEventListener("abort", () => log.push("child's signal"));
    root.signal.addEventListener("abort", () => log.push("root's signal"));
    root.cancel();
    expect(log).toEqual(["root's signal", "root", "child's signal", "child"]);
  });

  it("does nothing to a closed scope (S16)", () => {
    const log: string[] = [];
    const scope = logging(log, "scope");
    scope.close();
    scope.cancel();
    expect(scope.cancelled).toBe(false);
    expect(log).toEqual([]);
  });

  it("lets the reason of a proxy that cancels the scope when it is read come first (S2)", () => {
    const log: string[] = [];
    const scope = logging(log, "scope");
    scope.cancel(whenRead(() => scope.cancel("from the proxy")));
    expect(scope.reason?.cause).toBe("from the proxy");
    expect(log).toEqual(["scope"]);
  });

  it("does nothing to a scope that is closed while its reason is read (S16)", () => {
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

  it("is cancelled 100,000 levels deep, parents first (S3)", () => {
    const root = new CancelScope();
    let told = 0;
    let inOrder = true;
    let deepest = root;
    for (let level = 0; level < size; level++) {
      deepest = new CancelScope({ parent: deepest });
      deepest.onCancel(() => (inOrder &&= told++ === level));
    }
    root.cancel();
    expect(told).toBe(size);
    expect(inOrder).toBe(true);
    expect(deepest.reason).toBe(root.reason);
  });

  it("is cancelled 100,000 wide, in order (S3)", () => {
    const root = new CancelScope();
    let told = 0;
    let inOrder = true;
    for (let index = 0; index < size; index++) {
      new CancelScope({ parent: root }).onCancel(() => (inOrder &&= told++ === index));
    }
    root.cancel();
    expect(told).toBe(size);
    expect(inOrder).toBe(true);
  });

  it("is cancelled as a comb, each of 100,000 levels with a child beside the next level (S3)", () => {
    const root = new CancelScope();
    let told = 0;
    let spine = root;
    for (let level = 0; level < size; level++) {
      new CancelScope({ parent: spine }).onCancel(() => told++);
      spine = new CancelScope({ parent: spine });
    }
    root.cancel();
    expect(told).toBe(size);
    expect(spine.cancelled).toBe(true);
  });

  it("cancels its scopes one by one from the leaves up without going over it again and again (S3)", () => {
    const scopes = [new CancelScope()];
    for (let index = 1; index < size; index++) scopes.push(new CancelScope({ parent: scopes[index - 1]! }));
    stackless(() => {
      for (const scope of scopes.reverse()) scope.cancel(scope);
    });
    expect(scopes.every((scope) => scope.reason?.scope === scope)).toBe(true);
  });

  it("is looked at for deadlines 100,000 levels deep (S9)", () => {
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
  it("may cancel the same scope, an ancestor of it and a descendant: they are marked, and told in their turn (S3)", () => {
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

  it("may cancel a scope above: what was not reached yet is told within, what was, in its turn (S3)", () => {
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

  it("may cancel another tree, which is told at once (S3)", () => {
    const log: string[] = [];
    const other = logging(log, "other");
    logging(log, "below other", { parent: other });
    const root = new CancelScope();
    root.onCancel(() => other.cancel());
    logging(log, "child", { parent: root });
    root.cancel();
    expect(log).toEqual(["other", "below other", "child"]);
  });

  it("may cancel a shielded scope below, which the cancellation itself left alone (S3, S11)", () => {
    const log: string[] = [];
    const root = new CancelScope();
    const shielded = logging(log, "shielded", { parent: root, shield: true });
    root.onCancel(() => shielded.cancel("grace is over"));
    logging(log, "child", { parent: root });
    root.cancel("stop");
    expect(log).toEqual(["shielded", "child"]);
    expect(shielded.reason?.cause).toBe("grace is over");
  });

  it("keeps what it disposes of from being called, wherever in the tree (S3)", () => {
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

  it("may dispose of its own handle and of one that has run (S3)", () => {
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

  it("keeps the listeners of a scope that it closes from being called (S3)", () => {
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

  it("may close the scope that is being cancelled: its later listeners do not run (S3)", () => {
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

  it("may create scopes under marked ones, which are born cancelled, and what is below them too (S3)", () => {
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

  it("may create a shielded scope under a marked one, which is not cancelled, nor what is below it (S3, S11)", () => {
    const root = new CancelScope();
    const seen: boolean[] = [];
    root.onCancel(() => {
      const cleanup = new CancelScope({ parent: root, shield: true });
      seen.push(cleanup.cancelled, new CancelScope({ parent: cleanup }).cancelled);
    });
    root.cancel();
    expect(seen).toEqual([false, false]);
  });

  it("may register listeners, which are called at once (S3, S6)", () => {
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

  it("may read the signal of a scope whose turn has not come, which is aborted (S3, S5)", () => {
    const root = new CancelScope();
    const child = new CancelScope({ parent: root });
    let aborted: boolean | undefined;
    root.onCancel(() => (aborted = child.signal.aborted));
    root.cancel();
    expect(aborted).toBe(true);
  });

  it("is handed the reason (S2)", () => {
    const root = new CancelScope();
    const reasons: CancelledError[] = [];
    new CancelScope({ parent: root }).onCancel((reason) => reasons.push(reason));
    root.cancel();
    expect(reasons).toEqual([root.reason]);
  });
});

describe("a shielded scope", () => {
  it("does not see its ancestors' cancellation, before or after it was made (S11)", () => {
    const root = new CancelScope();
    const before = new CancelScope({ parent: root, shield: true });
    root.cancel();
    const after = new CancelScope({ parent: root, shield: true });
    expect([before, after].map((scope) => [scope.cancelled, scope.reason, scope.signal.aborted])).toEqual([
      [false, undefined, false],
      [false, undefined, false],
    ]);
  });

  it("is cancelled by itself, and that is seen below it (S11)", () => {
    const root = new CancelScope();
    const shielded = new CancelScope({ parent: root, shield: true });
    const child = new CancelScope({ parent: shielded });
    root.cancel("outer");
    expect(child.cancelled).toBe(false);
    shielded.cancel("inner");
    expect(child.reason?.cause).toBe("inner");
    expect(child.reason?.scope).toBe(shielded);
  });

  it("hides them from everything below it, and not from its siblings (S11)", () => {
    const root = new CancelScope();
    const shielded = new CancelScope({ parent: root, shield: true });
    const below = new CancelScope({ parent: new CancelScope({ parent: shielded }) });
    const sibling = new CancelScope({ parent: root });
    root.cancel();
    expect(below.cancelled).toBe(false);
    expect(sibling.cancelled).toBe(true);
  });

  it("hides a shielded scope's own cancellation from a shield further in (S11)", () => {
    const outer = new CancelScope({ shield: true });
    const between = new CancelScope({ parent: outer });
    const inner = new CancelScope({ parent: between, shield: true });
    outer.cancel();
    expect(between.cancelled).toBe(true);
    expect(inner.cancelled).toBe(false);
  });

  it("gives cleanup bounded time after a cancellation (S11)", async () => {
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
