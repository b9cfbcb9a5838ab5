import { CancelledError, CancelScope, isCancellation } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { type Timeout, timeout, TimeoutError } from "../src/index.js";
import { BusyClock } from "./busy-clock.js";
import { errorOf } from "./error-of.js";

describe("a timeout that is cancelled from elsewhere", () => {
  it("a timeout passes an outer cancellation on unchanged (O4)", async () => {
    const parent = new CancelScope();
    let handle: Timeout | undefined;
    const run = timeout(1_000, (own) => (handle = own).scope.sleep(Infinity), { parent });
    parent.cancel("outer");
    expect(await errorOf(run)).toBe(parent.reason);
    expect(handle?.expired).toBe(false);
    parent.close();
  });

  it("a timeout passes an AbortSignal's abort on as the CancelledError of an outer owner (S8, O4)", async () => {
    const controller = new AbortController();
    let handle: Timeout | undefined;
    const run = timeout(1_000, (own) => (handle = own).scope.sleep(Infinity), { parent: controller.signal });
    controller.abort("the user left");
    const error = await errorOf(run);
    expect(error).toMatchObject({ name: "AbortError", cause: "the user left" });
    expect(error).not.toHaveProperty("scope", handle?.scope);
    expect(handle?.expired).toBe(false);
  });

  it("a timeout under a signal notices its abort although other timeouts under it have ended or begin (S8, O4)", async () => {
    const controller = new AbortController();
    const parent = controller.signal;
    await timeout(1_000, () => "ends before any other begins", { parent });
    const early = timeout(1_000, ({ scope }) => scope.sleep(Infinity), { parent });
    await timeout(1_000, () => "ends", { parent });
    const late = timeout(1_000, ({ scope }) => scope.sleep(Infinity), { parent });
    controller.abort("the user left");
    const errors = [await errorOf(early), await errorOf(late)];
    // One cancellation, one error, shared by everything that it reaches (S7).
    expect(errors[0]).toMatchObject({ name: "AbortError", cause: "the user left" });
    expect(errors[1]).toBe(errors[0]);
    const afterwards = timeout(1_000, ({ scope }) => scope.sleep(Infinity), { parent });
    expect(await errorOf(afterwards)).toMatchObject({ name: "AbortError", cause: "the user left" });
  });

  it("a timeout passes on the abort of a signal that itself times out (O4)", async () => {
    const error = await errorOf(
      timeout(60_000, ({ scope }) => scope.sleep(Infinity), { parent: AbortSignal.timeout(1) }),
    );
    expect(error).toMatchObject({ name: "AbortError", cause: { name: "TimeoutError" } });
    expect(isCancellation(error)).toBe(true);
  });

  it("a timeout rejects with the CancelledError of an explicit cancel of its scope (O4)", async () => {
    let handle: Timeout | undefined;
    const run = timeout(1_000, (own) => {
      handle = own;
      own.scope.cancel("by hand");
      return own.scope.sleep(Infinity);
    });
    const error = await errorOf(run);
    expect(error).toBe(handle?.scope.reason);
    expect(error).toMatchObject({ name: "AbortError", cause: "by hand" });
    expect(handle?.expired).toBe(false);
  });

  it.each(["its parent's", "its own"])(
    "a timeout keeps %s cancellation if its time passes only during the unwinding (O3, O4)",
    async (whose) => {
      const clock = new VirtualClock({ autojump: true });
      const parent = new CancelScope({ clock });
      let handle: Timeout | undefined;
      const run = timeout(
        100,
        async (own) => {
          handle = own;
          (whose === "its own" ? own.scope : parent).cancel("first");
          await own.scope.sleep(Infinity).finally(() => new CancelScope({ clock }).sleep(500));
        },
        { parent },
      );
      expect(await errorOf(run)).toMatchObject({ name: "AbortError", cause: "first" });
      expect(clock.now()).toBe(500);
      expect(handle?.expired).toBe(false);
      parent.close();
    },
  );

  it("a timeout keeps the value of a body that completes all the same (S14, O4)", async () => {
    const parent = new CancelScope();
    const run = timeout(1_000, ({ scope }) => scope.sleep(Infinity).catch(() => "kept"), { parent });
    parent.cancel();
    expect(await run).toBe("kept");
    parent.close();
  });

  it("a timeout keeps the value if body and outer cancellation come in one turn, whichever is first (S14, O4)", async () => {
    for (const first of ["value", "cancellation"]) {
      const parent = new CancelScope();
      let resolve: (value: string) => void = () => {};
      const run = timeout(1_000, () => new Promise<string>((settle) => (resolve = settle)), { parent });
      if (first === "cancellation") parent.cancel();
      resolve("value");
      parent.cancel();
      expect(await run).toBe("value");
      parent.close();
    }
  });

  it("a timeout is converted if its own scope is cancelled after its time passed unnoticed (S9, O4)", async () => {
    const clock = new BusyClock();
    const run = timeout(
      100,
      async ({ scope }) => {
        clock.time = 150;
        scope.cancel();
        await scope.sleep(1);
      },
      { clock },
    );
    expect(await errorOf(run)).toBeInstanceOf(TimeoutError);
  });

  it("an outer cancellation wins although the timeout's time had passed unnoticed (S9, O4)", async () => {
    for (const kind of ["scope", "signal"]) {
      const clock = new BusyClock();
      const parent = new CancelScope({ clock });
      const controller = new AbortController();
      const run = timeout(
        100,
        async ({ scope }) => {
          clock.time = 150;
          if (kind === "scope") parent.cancel();
          else controller.abort();
          await scope.sleep(1);
        },
        { clock, parent: kind === "signal" ? controller.signal : parent },
      );
      expect(await errorOf(run)).toBeInstanceOf(CancelledError);
      parent.close();
    }
  });

  it("a timeout under a cancelled parent runs the body with its scope already cancelled (S1, O4)", async () => {
    const parent = new CancelScope();
    parent.cancel("before");
    let seen: boolean | undefined;
    const run = timeout(
      1_000,
      ({ scope }) => {
        seen = scope.cancelled;
        return scope.sleep(1);
      },
      { parent },
    );
    expect(await errorOf(run)).toBe(parent.reason);
    expect(seen).toBe(true);
    parent.close();
  });

  it("a timeout does not report a cancellation that was absorbed before it began (O4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const earlier = new CancelScope({ clock });
    earlier.cancel();
    expect(await earlier.run((scope) => scope.sleep(1))).toBeUndefined();
    expect(await errorOf(timeout(10, ({ scope }) => scope.sleep(100), { clock }))).toBeInstanceOf(TimeoutError);
    expect(await timeout(10, ({ scope }) => scope.sleep(5).then(() => "in time"), { clock })).toBe("in time");
  });
});
