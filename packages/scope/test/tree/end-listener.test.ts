import { describe, expect, it } from "vitest";
import { CancelScope } from "../../src/index.js";
import { dispose, onEnd } from "../../src/internal.js";
import { uncaughtDuring } from "../uncaught.js";

function ending(scope: CancelScope): { readonly calls: () => number; readonly handle: Disposable } {
  let calls = 0;
  const handle = onEnd(scope, () => {
    calls++;
  });
  return { calls: () => calls, handle };
}

describe("onEnd", () => {
  it("onEnd calls its listener once when the scope is closed (S16)", () => {
    const scope = new CancelScope();
    const { calls } = ending(scope);
    expect(calls()).toBe(0);
    scope.close();
    scope.close();
    expect(calls()).toBe(1);
  });

  it("onEnd calls its listener at the end of a cancelled scope, not at the cancellation (S16)", async () => {
    const seen: string[] = [];
    await CancelScope.run(async (scope) => {
      onEnd(scope, () => seen.push("ended"));
      scope.cancel();
      await Promise.resolve();
      seen.push("unwinding");
    });
    expect(seen).toEqual(["unwinding", "ended"]);
  });

  it("onEnd calls a listener that was added after the cancellation (S16)", () => {
    const scope = new CancelScope();
    scope.cancel();
    const { calls } = ending(scope);
    expect(calls()).toBe(0);
    scope.close();
    expect(calls()).toBe(1);
  });

  it("onEnd calls its listener at once if the scope has ended (S16)", () => {
    const scope = new CancelScope();
    scope.close();
    expect(ending(scope).calls()).toBe(1);
  });

  it("onEnd calls its listener if another listener closes the scope during the cancellation (S3, S16)", () => {
    const scope = new CancelScope();
    scope.onCancel(() => {
      scope.close();
    });
    const { calls } = ending(scope);
    scope.cancel();
    expect(calls()).toBe(1);
  });

  it("onEnd lets a cancellation listener unregister itself during its turn (S6, S16)", async () => {
    const scope = new CancelScope();
    const { calls } = ending(scope);
    const handle = scope.onCancel(() => {
      handle[dispose]();
    });
    expect(
      await uncaughtDuring(() => {
        scope.cancel();
      }),
    ).toEqual([]);
    scope.close();
    expect(calls()).toBe(1);
  });

  it("onEnd calls a later listener if a cancellation listener unregistered another before its turn (S6, S16)", () => {
    const scope = new CancelScope();
    const first = ending(scope);
    scope.onCancel(() => {
      handle[dispose]();
    });
    scope.onCancel(() => {});
    const handle = scope.onCancel(() => {});
    scope.cancel();
    const later = ending(scope);
    scope.close();
    expect([first.calls(), later.calls()]).toEqual([1, 1]);
  });

  it("onEnd never calls a listener that was unregistered before or after the cancellation (S6)", () => {
    const early = new CancelScope();
    const late = new CancelScope();
    const one = ending(early);
    const other = ending(late);
    one.handle[dispose]();
    late.cancel();
    other.handle[dispose]();
    early.close();
    late.close();
    expect([one.calls(), other.calls()]).toEqual([0, 0]);
  });

  it("onEnd reports what its listener throws as uncaught, and the scope still closes (S4)", async () => {
    const scope = new CancelScope();
    const error = new Error("in the listener");
    onEnd(scope, () => {
      throw error;
    });
    const { calls } = ending(scope);
    expect(await uncaughtDuring(() => scope.close())).toEqual([error]);
    expect(calls()).toBe(1);
  });
});
