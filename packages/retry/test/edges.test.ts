/** Closed parents, clocks that are replaced or do not go with their timers, and names in messages. */
import { describeTree } from "@selvage/scope/debug";
import { VirtualClock } from "@selvage/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Breaker, CancelScope, ClosedError, every, ExceptionGroup, hedge, retry, RetryError } from "../src/index.js";
import { autojump, errorOf, HostileClock } from "./helpers.js";

afterEach(() => vi.useRealTimers());

const fail = (): Promise<never> => Promise.reject(new Error("503"));

describe("a closed parent", () => {
  it.each<[string, (parent: CancelScope) => Promise<unknown>]>([
    ["retry", (parent) => retry(() => expect.unreachable(), { parent })],
    ["retry with a timeout", (parent) => retry(() => expect.unreachable(), { parent, timeout: 1 })],
    ["every", (parent) => every(1, () => expect.unreachable(), { parent })],
    ["hedge", (parent) => hedge([() => expect.unreachable()], { parent, after: 1 })],
  ])("rejects %s with a ClosedError, because it is a state (idea 4)", async (_, call) => {
    const parent = new CancelScope();
    parent.close();
    await expect(call(parent)).rejects.toThrow(ClosedError);
  });

  it.each([undefined, 10_000])(
    "that closes during the first attempt loses nothing of the attempt, with a timeout of %s (B6)",
    async (timeout) => {
      const failure = new Error("disk full");
      let attempt!: { fail: (error: unknown) => void };
      let retried!: Promise<RetryError>;
      const outer = CancelScope.run((parent) => {
        const fn = () => new Promise<never>((_, fail) => (attempt = { fail }));
        retried = errorOf<RetryError>(retry(fn, { parent, timeout }));
        return "left early";
      });
      await expect(outer).rejects.toThrow("still open");
      attempt.fail(failure);
      const error = await retried;
      expect(error).toBeInstanceOf(RetryError);
      expect(error.errors).toEqual([failure]);
    },
  );

  it("a clock that fails after the first attempt is reported with the attempt's failure (B6, C1)", async () => {
    const clock = new HostileClock();
    const failure = new Error("503");
    const error = await errorOf<RetryError>(
      retry(
        () => {
          clock.callsLeft = 0; // the end of the attempt reads no clock, the next scope does
          return Promise.reject(failure);
        },
        { clock },
      ),
    );
    expect(JSON.stringify([error, ...((error as Partial<ExceptionGroup>).errors ?? [])].map(String))).toContain("503");
  });
});

describe("a breaker", () => {
  it("that is older than the fake timers of a test stays open for resetAfter of their time (C1, B10)", async () => {
    using scope = new CancelScope();
    const breaker = new Breaker({ failures: 1 }, { resetAfter: 1_000 });
    await errorOf(breaker.run(scope, fail));
    vi.useFakeTimers();
    expect(breaker.state).toBe("open");
    vi.advanceTimersByTime(1_000);
    expect(breaker.state).toBe("half-open");
    vi.useRealTimers();
  });

  it("on a clock that goes back stays open for the rest of resetAfter, and counts its window anew (C1, B10)", async () => {
    const clock = new HostileClock();
    clock.skipped = 1e6;
    using scope = new CancelScope({ clock: new VirtualClock() });
    const breaker = new Breaker({ rate: 0.5, window: 1_000, minimum: 2 }, { resetAfter: 100, clock });
    await errorOf(breaker.run(scope, fail));
    clock.skipped = 0;
    await errorOf(breaker.run(scope, fail));
    expect(breaker.state).toBe("closed"); // one call in the new window
    await errorOf(breaker.run(scope, fail));
    expect(breaker.state).toBe("open");
    clock.skipped = 100;
    expect(breaker.state).toBe("half-open");
  });
});

it("every keeps its ticks on fake timers that do not replace performance.now (C1, B8)", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  using scope = new CancelScope();
  let time = 0;
  const runs: number[] = [];
  const ended = errorOf(every(1_000, () => runs.push(time), { parent: scope }));
  for (; time < 5_000; time += 1_000) await vi.advanceTimersByTimeAsync(1_000);
  expect(runs).toEqual([0, 1_000, 2_000, 3_000, 4_000]); // the time before each step
  scope.cancel();
  await ended;
});

describe("a name", () => {
  it("is in the messages of a breaker", async () => {
    using scope = new CancelScope();
    const clock = new VirtualClock();
    const breaker = new Breaker({ failures: 1 }, { resetAfter: 100, name: "orders", clock });
    await errorOf(breaker.run(scope, fail));
    const open = await errorOf(breaker.run(scope, fail));
    expect(open.message).toBe('The breaker "orders" is open for another 100 ms.');
    await clock.advance(100);
    const probe = breaker.run(scope, (own) => own.checkpoint());
    const refused = await errorOf(breaker.run(scope, fail));
    expect(refused.message).toBe('The breaker "orders" is half-open, and its probes are taken.');
    await probe;
  });

  it("is in the message of a hedge", async () => {
    const error = await errorOf(hedge([fail], { after: 1, name: "replicas" }));
    expect(error.message).toBe('1 task failed in hedge "replicas": fail: 503');
  });

  it("of every is in the tree, and is that of the function by default", async () => {
    using scope = new CancelScope({ clock: autojump() });
    const ended = [
      every(1_000, function poll() {}, { parent: scope }),
      every(1_000, function poll() {}, { parent: scope, name: "mail" }),
    ].map(errorOf);
    expect(describeTree(scope)).toContain('every "poll"');
    expect(describeTree(scope)).toContain('every "mail"');
    scope.cancel();
    await Promise.all(ended);
  });

  it.each([
    () => new Breaker({ failures: 1 }, { resetAfter: 1, name: 7 as never }),
    () => hedge([fail], { after: 1, name: 7 as never }),
    () => every(1, fail, { name: 7 as never }),
  ])("that is not a string is a TypeError", (call) => {
    expect(call).toThrow(TypeError);
  });
});
