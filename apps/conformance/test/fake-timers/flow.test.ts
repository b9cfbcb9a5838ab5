/** What flows between tasks, with fake timers: each time passes on them, and nothing is left when the real ones are back. */
import { CancelScope, Channel, elapsed, select } from "@selvage/channel";
import { batch, debounce, throttle } from "@selvage/stream";
import FakeTimerLibrary, { type Clock } from "@sinonjs/fake-timers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { turn } from "../../fake-timers/fake-timers.js";

let clock: Clock | undefined;

const libraries: readonly (readonly [name: string, enable: () => void, advance: (ms: number) => void])[] = [
  [
    "vitest, with the time",
    () => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }),
    (ms) => void vi.advanceTimersByTime(ms),
  ],
  [
    "vitest, without the time",
    () => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }),
    (ms) => void vi.advanceTimersByTime(ms),
  ],
  [
    "sinon, with the time",
    () => {
      clock = FakeTimerLibrary.install({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    },
    (ms) => void clock!.tick(ms),
  ],
  [
    "sinon, without performance",
    () => {
      clock = FakeTimerLibrary.install({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    },
    (ms) => void clock!.tick(ms),
  ],
];

afterEach(() => {
  clock?.uninstall();
  clock = undefined;
  vi.useRealTimers();
});

describe.each(libraries)("with fake timers of %s", (_, enable, advance) => {
  async function pass(ms: number): Promise<void> {
    await turn();
    advance(ms);
    await turn();
  }

  it("a batch is yielded when its first item is old enough, and not before (I9, C1)", async () => {
    enable();
    const rows = new Channel<number>({ capacity: 4 });
    const results = batch(rows, { size: 10, within: 1_000, parent: null });
    const first = results.next();
    let isYielded = false;
    void first.then(() => (isYielded = true));
    rows.trySend(1);
    await pass(999);
    expect(isYielded).toBe(false);
    await pass(1);
    expect(await first).toEqual({ done: false, value: [1] });
    await results.return();
  });

  it("debounce and throttle count on them (I9, C1)", async () => {
    enable();
    const texts = new Channel<string>({ capacity: 4 });
    const quiet = debounce(texts, 500, { parent: null });
    const text = quiet.next();
    texts.trySend("s");
    await pass(499);
    texts.trySend("se");
    await pass(499);
    let isYielded = false;
    void text.then(() => (isYielded = true));
    await turn();
    expect(isYielded).toBe(false);
    await pass(1);
    expect(await text).toEqual({ done: false, value: "se" });
    await quiet.return();
    const numbers = new Channel<number>({ capacity: 4 });
    const some = throttle(numbers, 500, { parent: null });
    const one = some.next();
    numbers.trySend(1);
    expect((await one).value).toBe(1);
    const next = some.next();
    numbers.trySend(2);
    numbers.trySend(3);
    await pass(500);
    expect((await next).value).toBe(3);
    await some.return();
  });

  it("a select waits on them, and leaves no timer if another case is committed (Q10, C1)", async () => {
    enable();
    using scope = new CancelScope({ parent: null });
    const jobs = new Channel<string>();
    const late = select(scope, [jobs.onReceive((job) => job), elapsed(1_000, () => "late")]);
    await pass(1_000);
    expect(await late).toBe("late");
    const early = select(scope, [jobs.onReceive((job) => job), elapsed(1_000, () => "late")]);
    expect(jobs.trySend("job")).toBe(true);
    expect(await early).toBe("job");
    await pass(2_000);
    expect(jobs.waiting).toBe(0);
    if (clock === undefined) expect(vi.getTimerCount()).toBe(0);
    else expect(clock.countTimers()).toBe(0);
  });
});
