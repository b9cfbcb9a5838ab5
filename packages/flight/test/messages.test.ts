/** What messages, the tree and the printed failures say of a flight (C3, E8, F7, F8). */
import { describeTree } from "@selvage/scope/debug";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it, vi } from "vitest";
import { CancelScope, ClosedError, Flights } from "../src/index.js";
import { Loads } from "./loads.js";

const closed = new ClosedError("These flights were closed: make new ones.");

describe("a flight", () => {
  it.each([
    ["a", 'the flight of "a"', 'task "a"'],
    [7, "the flight of 7", 'task "7"'],
    [null, "the flight of null", 'task "null"'],
    [undefined, "the flight of undefined", 'task "undefined"'],
    [Symbol("s"), "the flight of Symbol(s)", 'task "Symbol(s)"'],
    [{}, "the flight of a key", 'task "a key"'],
    [() => 1, "the flight of a key", 'task "a key"'],
  ])("of the key %s is shown in the tree, with its callers (C3)", async (key, waiting, task) => {
    const loads = new Loads<unknown>();
    using parent = new CancelScope();
    const flights = new Flights<unknown, unknown>({ parent, name: "users" });
    using scope = new CancelScope({ parent, name: "page" });
    const value = flights.get(scope, key, loads.fn);
    const tree = describeTree(parent);
    expect(tree).toContain('Flights "users": live');
    expect(tree).toContain(`scope "page": live, waits for ${waiting}`);
    expect(tree).toContain(`${task}: running`);
    loads.end(key, 1);
    expect(await value).toBe(1);
    await flights[Symbol.asyncDispose]();
  });

  it("says why it was cancelled (F3, F7)", async () => {
    const loads = new Loads();
    const flights = new Flights<string, unknown>();
    const leaving = new CancelScope();
    using staying = new CancelScope();
    const waits = [flights.get(leaving, "left", loads.fn), flights.get(staying, "stays", loads.fn)];
    leaving.cancel();
    const closing = flights[Symbol.asyncDispose]();
    await settled();
    expect(["left", "stays"].map((key) => loads.scope(key).reason?.message)).toEqual([
      expect.stringContaining("nobody waits for it any longer"),
      expect.stringContaining("the flights were closed"),
    ]);
    for (const key of ["left", "stays"]) loads.fail(key, loads.scope(key).reason);
    await Promise.allSettled(waits);
    await closing;
  });

  it("cannot begin when the flights are closing or closed, and the error says so (F7)", async () => {
    const loads = new Loads();
    const flights = new Flights<string, unknown>();
    const first = new CancelScope();
    using scope = new CancelScope();
    const left = flights.get(first, "a", loads.fn);
    first.cancel();
    const queued = flights.get(scope, "a", loads.fn);
    const closing = flights[Symbol.asyncDispose]();
    await expect(flights.get(scope, "b", loads.fn)).rejects.toEqual(closed);
    await expect(queued).rejects.toEqual(closed);
    loads.fail("a", loads.scope("a").reason);
    await expect(left).rejects.toBe(first.reason);
    await closing;
    await expect(flights.get(scope, "b", loads.fn)).rejects.toEqual(closed);
  });

  it("that loses a caller whose scope is closed rejects that caller with a ClosedError that says so (F3)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>();
    using staying = new CancelScope();
    const closing = new CancelScope();
    const stays = flights.get(staying, "a", loads.fn);
    const left = flights.get(closing, "a", loads.fn);
    closing.close();
    await expect(left).rejects.toEqual(
      new ClosedError("The scope was closed while something waited in it: close it when its work has ended."),
    );
    loads.end("a", 1);
    expect(await stays).toBe(1);
  });

  it("of flights without a name is printed without one when it fails without a caller (F8)", async () => {
    const loads = new Loads();
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    try {
      await using flights = new Flights<string, unknown>();
      const scope = new CancelScope();
      const left = flights.get(scope, "a", loads.fn);
      scope.cancel();
      loads.fail("a", new Error("in cleanup"));
      await expect(left).rejects.toBe(scope.reason);
      expect(printed.mock.calls).toEqual([
        [expect.stringMatching(/^The flight of "a" failed, and had no caller left:\n.*in cleanup/)],
      ]);
    } finally {
      printed.mockRestore();
    }
  });
});

describe("linger", () => {
  it("may be Infinity: a flight without callers goes on, and sets no timer (F3)", async () => {
    const clock = new VirtualClock();
    const loads = new Loads();
    const flights = new Flights<string, unknown>({ clock, linger: Infinity });
    const scope = new CancelScope({ clock });
    const left = flights.get(scope, "a", loads.fn);
    scope.cancel();
    await expect(left).rejects.toBe(scope.reason);
    await clock.advance(1e9);
    expect([clock.pending, loads.scope("a").cancelled, flights.size]).toEqual([0, false, 1]);
    loads.end("a", 1);
    await flights[Symbol.asyncDispose]();
  });
});
