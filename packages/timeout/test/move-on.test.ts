import { CancelScope, ExceptionGroup } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import { moveOnAfter, moveOnAt, type Timeout, timeout, TimeoutError } from "../src/index.js";
import { BusyClock } from "./busy-clock.js";

describe("moveOnAfter", () => {
  it("moveOnAfter resolves with the body's value in time, and its type includes undefined (O7)", async () => {
    const run = moveOnAfter(1_000, () => "value");
    expectTypeOf(run).toEqualTypeOf<Promise<string | undefined>>();
    expect(await run).toBe("value");
  });

  it("moveOnAfter waits for a body that its own deadline cancelled, and resolves undefined (O1, O7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let handle: Timeout | undefined;
    const value = await moveOnAfter(
      100,
      async (own) => {
        handle = own;
        await own.scope.sleep(1_000).finally(() => new CancelScope({ clock }).sleep(70));
        return "never";
      },
      { clock },
    );
    expect(value).toBeUndefined();
    expect([handle?.expired, clock.now(), clock.pending]).toEqual([true, 170, 0]);
  });

  it("moveOnAfter keeps the value of a body that completes late (O3, O7)", async () => {
    const clock = new BusyClock();
    const value = await moveOnAfter(
      10,
      () => {
        clock.time = 20;
        return "late";
      },
      { clock },
    );
    expect(value).toBe("late");
  });

  it("moveOnAfter passes on any other error of the body, also a group and a foreign TimeoutError (O3, O7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    for (const thrown of [new Error("own"), new ExceptionGroup("group", [1]), new TimeoutError("from elsewhere")]) {
      const run = moveOnAfter(10, ({ scope }) => scope.sleep(20).catch(() => Promise.reject(thrown)), { clock });
      await expect(run).rejects.toBe(thrown);
    }
  });

  it("moveOnAfter does not absorb an outer cancellation, nor an explicit one of its scope (O4, O7)", async () => {
    const parent = new CancelScope();
    const outer = moveOnAfter(1_000, ({ scope }) => scope.sleep(Infinity), { parent });
    parent.cancel("outer");
    await expect(outer).rejects.toBe(parent.reason);
    parent.close();
    const own = moveOnAfter(1_000, ({ scope }) => {
      scope.cancel("by hand");
      return scope.sleep(1);
    });
    await expect(own).rejects.toMatchObject({ name: "AbortError", cause: "by hand" });
  });

  it("the outermost moveOnAfter with an equal deadline resolves undefined (O4, O7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const value = await moveOnAfter(
      50,
      async (outer) => {
        await moveOnAfter(50, (inner) => inner.scope.sleep(100), { parent: outer.scope });
        log.push("not reached");
      },
      { clock },
    );
    expect([value, log]).toEqual([undefined, []]);
  });

  it("moveOnAfter moves on within a timeout, and a timeout fails within it (O4, O7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const value = await timeout(
      100,
      async (outer) => {
        await moveOnAfter(10, (own) => own.scope.sleep(50), { parent: outer.scope });
        return "moved on";
      },
      { clock },
    );
    expect(value).toBe("moved on");
    const fails = moveOnAfter(100, (outer) => timeout(10, (own) => own.scope.sleep(50), { parent: outer.scope }), {
      clock,
    });
    await expect(fails).rejects.toBeInstanceOf(TimeoutError);
  });

  it.each([0, -1, -Infinity])("moveOnAfter runs the body with its scope already cancelled: %d (O5, O7)", async (ms) => {
    expect(await moveOnAfter(ms, ({ scope }) => scope.checkpoint().then(() => "never"))).toBeUndefined();
    expect(await moveOnAfter(ms, () => "never looks")).toBe("never looks");
  });

  it.each([null, Infinity])("moveOnAfter with %s sets no limit (O5, O7)", async (ms) => {
    expect(await moveOnAfter(ms, (own) => [own.when()])).toEqual([null]);
  });

  it("moveOnAfter may be rescheduled (O6, O7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    await moveOnAfter(
      50,
      (own) => {
        own.reschedule(200);
        return own.scope.sleep(1_000);
      },
      { clock },
    );
    expect(clock.now()).toBe(200);
  });

  it.each([Number.NaN, undefined, "1"])("moveOnAfter refuses %o before the body is called (O5, O7)", (ms) => {
    let calls = 0;
    expect(() => moveOnAfter(ms as never, () => ++calls)).toThrow(TypeError);
    expect(() => moveOnAt(ms as never, () => ++calls)).toThrow(TypeError);
    expect(() => moveOnAfter(1, null as never)).toThrow(
      new TypeError("The body of a timeout must be a function, got null."),
    );
    expect(calls).toBe(0);
  });
});

describe("moveOnAt", () => {
  it("moveOnAt takes a time on the scope's clock (O7)", async () => {
    const clock = new VirtualClock({ start: 1_000, autojump: true });
    const run = moveOnAt(1_040, (own) => own.scope.sleep(1_000).then(() => own.when()), { clock });
    expectTypeOf(run).toEqualTypeOf<Promise<number | null | undefined>>();
    expect(await run).toBeUndefined();
    expect(clock.now()).toBe(1_040);
  });

  it("moveOnAt resolves undefined at once if the time is past, and null sets no limit (O5, O7)", async () => {
    expect(await moveOnAt(0, ({ scope }) => scope.checkpoint())).toBeUndefined();
    expect(await moveOnAt(null, (own) => own.when())).toBeNull();
  });
});
