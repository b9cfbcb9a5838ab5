import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, gatherSettled, mapSettled, type SettledOptions, type TaskFunction } from "../../src/index.js";
import { errorsOf, outcomeOf } from "../outcome.js";
import { runProgram } from "@selvage/test-support/run-program";

type Settled = Promise<PromiseSettledResult<unknown>[]>;
const ways: [string, (fns: TaskFunction<unknown>[], options: SettledOptions) => Settled][] = [
  ["gatherSettled", (fns, options) => gatherSettled(fns, options)],
  ["mapSettled", (fns, options) => mapSettled(fns, (fn, scope) => fn(scope), options)],
];
const quick = (): string => "quick";
const slow = (scope: CancelScope): Promise<void> => scope.sleep(1_000);
const statuses = (results: PromiseSettledResult<unknown>[]): string[] => results.map(({ status }) => status);

describe.each(ways)("the option within of %s", (_, run) => {
  it("within cancels what has not ended by then, and the results are kept (V10)", async () => {
    const clock = new VirtualClock();
    let unwound = false;
    const unwinding = async (scope: CancelScope): Promise<void> => {
      await slow(scope).finally(() => new CancelScope({ clock }).sleep(5));
    };
    const running = run([quick, () => Promise.reject(new Error("no")), unwinding], { clock, within: 20 });
    void running.finally(() => (unwound = true));
    await clock.advance(20);
    expect(unwound).toBe(false);
    await clock.advance(5);
    expect(await running).toEqual([
      { status: "fulfilled", value: "quick" },
      { status: "rejected", reason: new Error("no") },
      { status: "rejected", reason: expect.objectContaining({ name: "AbortError" }) as unknown },
    ]);
  });

  it("the value of a function that returns although its time was up is kept (V10, K2)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const late = (scope: CancelScope): Promise<unknown> => slow(scope).catch(() => "late");
    expect(await run([late], { clock, within: 20 })).toEqual([{ status: "fulfilled", value: "late" }]);
  });

  it("within applies to queued functions, which are never called (V10, T8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const results = await run([slow, () => expect.unreachable()], { clock, within: 20, limit: 1 });
    expect(results[0]).toMatchObject({ status: "rejected", reason: { name: "AbortError" } });
  });

  it("the results are kept although an outer owner cancels while the rest unwinds: the first reason wins (V10)", async () => {
    const clock = new VirtualClock();
    using parent = new CancelScope({ clock });
    const unwinding = (scope: CancelScope): Promise<void> =>
      slow(scope).finally(() => new CancelScope({ clock }).sleep(5));
    const running = run([quick, unwinding], { parent, within: 20 });
    await clock.advance(20);
    parent.cancel("too late");
    await clock.advance(5);
    const results = await running;
    expect(statuses(results)).toEqual(["fulfilled", "rejected"]);
    expect((results[1] as PromiseRejectedResult).reason).not.toBe(parent.reason);
  });

  it("within changes nothing if an outer owner cancels first, although the time passes meanwhile (V10, T5)", async () => {
    const clock = new VirtualClock();
    using parent = new CancelScope({ clock });
    const unwinding = (scope: CancelScope): Promise<void> =>
      slow(scope).finally(() => new CancelScope({ clock }).sleep(50));
    const running = outcomeOf(run([quick, unwinding], { parent, within: 20 }));
    await clock.advance(1);
    parent.cancel("first");
    await clock.advance(60);
    expect(await running).toEqual({ error: parent.reason });
  });

  it("an outer deadline at the same time wins over within, because its owner is further out (S9)", async () => {
    const clock = new VirtualClock();
    using parent = new CancelScope({ clock, deadline: 20 });
    const running = outcomeOf(run([quick, slow], { parent, within: 20 }));
    await clock.advance(20);
    expect(await running).toEqual({ error: parent.reason });
  });

  it("within loses no failure to an outer cancellation (T5)", async () => {
    using parent = new CancelScope();
    const error = new Error("no");
    const running = run([() => Promise.reject(error), slow], { parent, within: 20 });
    await settled();
    parent.cancel();
    expect(await errorsOf(running)).toEqual([error]);
  });

  it("within sets no limit if it is Infinity or left out, and nothing is called if it is past (V10)", async () => {
    expect(statuses(await run([quick], { within: Infinity }))).toEqual(["fulfilled"]);
    expect(statuses(await run([quick], { within: undefined }))).toEqual(["fulfilled"]);
    for (const within of [0, -1]) {
      for (const result of await run([() => expect.unreachable()], { within })) {
        expect(result).toMatchObject({ status: "rejected", reason: { name: "AbortError" } });
      }
    }
  });

  it.each([NaN, "5", null, {}])("within is a TypeError if it is %o, and nothing starts (V10)", (within) => {
    using parent = new CancelScope();
    const never = (): never => expect.unreachable();
    expect(() => run([never], { parent, within: within as never })).toThrow(TypeError);
    expect(() => run([never], { parent, within: within as never })).toThrow(/^within must be a number of milliseconds/);
  });

  it("within leaves nothing open, and no timer (S16)", async () => {
    const clock = new VirtualClock();
    const parent = new CancelScope({ clock });
    await run([quick], { parent, within: 20 });
    parent.close();
    expect(clock.pending).toBe(0);
  });
});

it("within keeps the process alive while functions run, and no longer (V10)", async () => {
  const end = await runProgram(new URL("../programs/within.ts", import.meta.url));
  expect(end).toEqual({ code: 0, stdout: "fulfilled,rejected\nfulfilled,rejected\n", stderr: "" });
});
