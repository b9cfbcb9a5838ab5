import { readFile } from "node:fs/promises";
import { CancelScope } from "@selvage/scope";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { describe, expect, it } from "vitest";
import { sequence, settled, StalledError, VirtualClock } from "../src/index.js";
import { nextTurn } from "../src/macrotask.js";

const forEver = new Promise<never>(() => {});

/** What a promise rejects with; it must. */
async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`expected a rejection, got the value ${String(value)}`);
    },
    (error: unknown) => error,
  );
}

describe("VirtualClock.run", () => {
  it("a run calls a body with a root scope on the clock, and resolves with its value (C2)", async () => {
    const clock = new VirtualClock({ start: 5 });
    const result = await clock.run((scope, given) => {
      expect([scope.clock, given, scope.name]).toEqual([clock, clock, "test"]);
      expect(scope).toBeInstanceOf(CancelScope);
      return "value";
    });
    expect(result).toBe("value");
  });

  it("a run jumps by itself while the body runs, and no longer (C2)", async () => {
    const clock = new VirtualClock();
    const woke = await clock.run(async (scope) => {
      await scope.sleep(86_400_000);
      return clock.now();
    });
    expect(woke).toBe(86_400_000);
    clock.setTimer(() => {}, 1);
    for (let turn = 0; turn < 30; turn++) await nextTurn();
    expect([clock.now(), clock.pending]).toEqual([86_400_000, 1]);
  });

  it("a run jumps to timers that were set before, too (C2)", async () => {
    const clock = new VirtualClock();
    const early = new Promise<number>((resolve) => {
      clock.setTimer(() => resolve(clock.now()), 5);
    });
    expect(await clock.run(() => early)).toBe(5);
  });

  it("a run ends as soon as the body does: timers that it left on the clock do not fire (C2)", async () => {
    const clock = new VirtualClock();
    await clock.run((scope) => {
      clock.setTimer(() => {}, 10);
      return scope.sleep(5);
    });
    await settled();
    expect([clock.now(), clock.pending]).toEqual([5, 1]);
  });

  it("a run keeps nothing alive once the body has ended", async () => {
    await new VirtualClock().run((scope) => scope.sleep(5));
    for (let turn = 0; turn < 30; turn++) await nextTurn();
    expect(process.getActiveResourcesInfo()).not.toContain("Immediate");
  });

  it("a run closes the root scope, and fails if scopes were left open in it (S16)", async () => {
    let root: CancelScope | undefined;
    const run = new VirtualClock().run((scope) => {
      root = scope;
      new CancelScope({ parent: scope, name: "forgotten" });
    });
    await expect(run).rejects.toThrow(/1 scope is still open in "test" that ends: "forgotten"/);
    expect(() => new CancelScope({ parent: root! })).toThrow(/closed/);
  });

  it("a run rejects with what the body throws, at once or later (C2)", async () => {
    const error = new Error("the body's own");
    const sync = (): never => {
      throw error;
    };
    expect(await rejectionOf(new VirtualClock().run(sync))).toBe(error);
    const late = async (scope: CancelScope): Promise<never> => {
      await scope.sleep(5);
      throw error;
    };
    expect(await rejectionOf(new VirtualClock().run(late))).toBe(error);
  });

  it("a run rejects if its own root scope interrupted the body: an interrupted test must not pass (C2)", async () => {
    const run = new VirtualClock().run(async (scope) => {
      scope.cancel("the body's own wish");
      await scope.sleep(5);
    });
    await expect(run).rejects.toMatchObject({ name: "AbortError", cause: "the body's own wish" });
  });

  it("a run keeps the value of a body that completes although it cancelled its root scope (S14)", async () => {
    const run = new VirtualClock().run((scope) => {
      scope.cancel();
      return "value";
    });
    expect(await run).toBe("value");
  });

  it("a run gives the root scope the name of the option", async () => {
    expect(await new VirtualClock().run((scope) => scope.name, { name: "checkout" })).toBe("checkout");
  });

  it("a run lets the body move time itself, with autojump or without (C2)", async () => {
    for (const autojump of [true, false]) {
      const log: string[] = [];
      await new VirtualClock().run(
        async (scope, clock) => {
          const slept = scope.sleep(100).then(() => log.push(`woke at ${clock.now()}`));
          await clock.advance(40);
          log.push(`moved to ${clock.now()}`);
          await settled();
          log.push(`settled at ${clock.now()}`);
          await Promise.all([slept, clock.advance(60)]);
        },
        { autojump },
      );
      expect(log).toEqual(["moved to 40", "settled at 40", "woke at 100"]);
    }
  });

  it("a clock runs bodies one after another and side by side", async () => {
    const clock = new VirtualClock();
    await clock.run((scope) => scope.sleep(5));
    const ends = await Promise.all(
      [3, 7].map((ms) =>
        clock.run(async (scope) => {
          await scope.sleep(ms);
          return clock.now();
        }),
      ),
    );
    expect(ends).toEqual([8, 12]);
  });

  it.each([
    [undefined, {}, TypeError, "The body must be a function, got undefined."],
    ["body", {}, TypeError, 'The body must be a function, got "body".'],
    [() => {}, { limit: 0 }, RangeError, "limit must be a whole number above 0, got 0."],
    [() => {}, { limit: 1.5 }, RangeError, "limit must be a whole number above 0, got 1.5."],
    [() => {}, { name: 5 as unknown as string }, TypeError, 'The option "name" must be a string, got 5.'],
  ])("a run refuses the body %o with the options %o synchronously", (body, options, type, message) => {
    const run = (): unknown => new VirtualClock().run(body as () => void, options);
    expect(run).toThrow(type);
    expect(run).toThrow(message);
  });
});

describe("VirtualClock.run of a body that would never end", () => {
  it("a run rejects once nothing can run and no timer is set, at the time of the last one (C2)", async () => {
    const clock = new VirtualClock();
    const error = await rejectionOf(
      clock.run(async (scope) => {
        await scope.sleep(5);
        await scope.race(forEver);
      }),
    );
    expect(error).toBeInstanceOf(StalledError);
    expect(String(error)).toMatch(/^StalledError: Deadlock: /);
    expect(clock.now()).toBe(5);
  });

  it.each<[string, (scope: CancelScope) => Promise<unknown>]>([
    ["waits for a promise that never settles", () => forEver],
    ["sleeps without end", (scope) => scope.sleep(Infinity)],
    ["waits behind a gap in a sequence", () => sequence()(1)],
    ["waits for an event that never comes", (scope) => new Promise((resolve) => scope.onCancel(resolve))],
    ["is two tasks that wait for each other", deadlocked],
  ])("a run rejects if its body %s (C2)", async (_, body) => {
    await expect(new VirtualClock().run(body)).rejects.toThrow(StalledError);
  });

  it("the error shows the live tree below the root scope (C2, C3)", async () => {
    const error = await rejectionOf(new VirtualClock().run(pipeline));
    expect((error as Error).message).toContain(
      ["Live at 5:", '  scope "test": live', '    Nursery "pipeline": live', '      task "consumer": running', ""].join(
        "\n",
      ),
    );
  });

  it("a run that stalls cancels the root scope, and waits for what then ends, also for cleanup that takes time (C2)", async () => {
    const log: string[] = [];
    const clock = new VirtualClock();
    const run = clock.run(async (scope) => {
      try {
        await scope.race(forEver);
      } finally {
        log.push(`cancelled: ${String(scope.reason?.cause)}`);
        const cleanup = new CancelScope({ parent: scope, shield: true });
        await cleanup.run(() => cleanup.sleep(1_000));
        log.push(`cleaned up at ${clock.now()}`);
      }
    });
    await expect(run).rejects.toThrow(StalledError);
    expect(log).toEqual(["cancelled: the run did not end", "cleaned up at 1000"]);
  });

  it("a run that stalls lets time pass for the cleanup although it only moves by hand (C2)", async () => {
    const run = new VirtualClock().run(
      async (scope) => {
        try {
          await scope.sleep(5);
        } finally {
          const cleanup = new CancelScope({ parent: scope, shield: true });
          await cleanup.run(() => cleanup.sleep(1_000));
        }
      },
      { autojump: false },
    );
    await expect(run).rejects.toThrow(/^(?!.*has still not ended).*waits for time to pass/s);
  });

  it("a run that stalls allows the cleanup as many timers and checkpoints again (C2)", async () => {
    const steps = async (scope: CancelScope): Promise<void> => {
      for (let count = 0; count < 40; count++) await scope.checkpoint();
    };
    const run = new VirtualClock().run(
      async (scope) => {
        try {
          await steps(scope);
          await scope.race(forEver);
        } finally {
          const cleanup = new CancelScope({ parent: scope, shield: true });
          await cleanup.run(steps);
        }
      },
      { limit: 50 },
    );
    await expect(run).rejects.toThrow(/^(?!.*has still not ended)Deadlock/s);
  });

  it("a run names what does not end although it is cancelled, and no longer waits for it (C2)", async () => {
    const error = await rejectionOf(new VirtualClock().run(() => forEver, { name: "deaf" }));
    expect((error as Error).message).toMatch(
      /\nThe root scope was then cancelled, but this has still not ended:\n {2}scope "deaf": cancelled$/,
    );
  });

  it("the error has as its cause what the body failed with when it was cancelled (C2)", async () => {
    const failure = new Error("the cleanup failed");
    const error = await rejectionOf(
      new VirtualClock().run(async (scope) => {
        await scope.race(forEver).catch(() => {
          throw failure;
        });
      }),
    );
    expect(error).toMatchObject({ name: "StalledError", cause: failure });
  });

  it("the error has no cause if the body just ended", async () => {
    const error = await rejectionOf(new VirtualClock().run((scope) => scope.race(forEver)));
    expect(error).not.toHaveProperty("cause");
  });

  it("the error has a stack that leads to the awaiter of the run", async () => {
    async function checkout(): Promise<void> {
      await new VirtualClock().run((scope) => scope.race(forEver));
    }
    expect(((await rejectionOf(checkout())) as Error).stack).toMatch(/at (async )?checkout .*run-on-clock\.test\.ts/);
  });

  it("a run stops after `limit` timers, however much time passes (C2)", async () => {
    const clock = new VirtualClock();
    const run = clock.run(
      async (scope) => {
        for (;;) await scope.sleep(10);
      },
      { limit: 50 },
    );
    await expect(run).rejects.toThrow("Livelock: 50 timers and checkpoints have passed, and the body has not ended.");
    expect(clock.now()).toBe(510);
  });

  it("a run stops after `limit` checkpoints, although no time passes (C2)", async () => {
    let count = 0;
    const run = new VirtualClock().run(
      async (scope) => {
        for (;;) {
          await scope.checkpoint();
          count++;
        }
      },
      { limit: 50 },
    );
    await expect(run).rejects.toThrow(/^Livelock/);
    expect(count).toBe(50);
  });

  it("a run stops after 100,000 timers and checkpoints by default (C2)", async () => {
    const run = new VirtualClock().run(async (scope) => {
      for (;;) await scope.checkpoint();
    });
    await expect(run).rejects.toThrow("Livelock: 100000 timers and checkpoints have passed");
  });

  it("a run does not stop a body that takes no more than `limit` (C2)", async () => {
    await new VirtualClock().run(
      async (scope) => {
        for (let count = 0; count < 25; count++) {
          await scope.sleep(10);
          await scope.checkpoint();
        }
      },
      { limit: 50 },
    );
  });

  it("a run stops also if a move by hand never ends (C2)", async () => {
    const run = new VirtualClock().run(
      async (scope, clock) => {
        const beat = (): void => {
          if (!scope.cancelled) clock.setTimer(beat, 1);
        };
        beat();
        await scope.race(clock.advance(Number.MAX_SAFE_INTEGER));
      },
      { limit: 50 },
    );
    await expect(run).rejects.toThrow(/^Livelock/);
  });

  it("a run without autojump rejects if timers are set and no code moves time (C2)", async () => {
    const clock = new VirtualClock();
    const run = clock.run((scope) => scope.sleep(5), { autojump: false });
    await expect(run).rejects.toThrow(
      "Deadlock: the body waits for time to pass, and no call moves it; the next timer is due at 5.\n",
    );
    expect(clock.now()).toBe(0);
  });
});

describe("VirtualClock.run raises no false alarm", () => {
  it("a run does not fail while the body continues by work that the clock cannot see, up to a thousand macrotasks (C2)", async () => {
    await new VirtualClock().run(async () => {
      for (let turn = 0; turn < 900; turn++) await nextTurn();
    });
  });

  it("a run does not fail while another clock has a timer to jump to (C2)", async () => {
    const other = new VirtualClock({ autojump: true });
    const log: number[] = [];
    await new VirtualClock().run(async () => {
      for (let beat = 0; beat < 3; beat++) {
        await new Promise<void>((resolve) => {
          other.setTimer(resolve, 10);
        });
        log.push(other.now());
      }
    });
    expect(log).toEqual([10, 20, 30]);
  });

  it("a run does not fail while another clock is about to jump, and waits in real time before (C2)", async () => {
    const other = new VirtualClock({ autojump: true, autojumpThreshold: 50 });
    const woke = new Promise<void>((resolve) => {
      other.setTimer(resolve, 10);
    });
    await new VirtualClock().run(() => woke);
    expect(other.now()).toBe(10);
  });

  it("a run does not fail while another body on another clock has more to do (C2)", async () => {
    let open = (): void => {};
    const door = new Promise<void>((resolve) => {
      open = resolve;
    });
    const opening = new VirtualClock().run(async (scope) => {
      for (let count = 0; count < 2_000; count++) await scope.checkpoint();
      for (let count = 0; count < 200; count++) await scope.sleep(1);
      open();
    });
    await new VirtualClock().run(() => door);
    await opening;
  });

  it("a run does not fail while a move of another clock is under way (C2)", async () => {
    const other = new VirtualClock();
    const woke = new Promise<string>((resolve) => {
      other.setTimer(() => resolve("woke"), 500);
    });
    for (let timer = 0; timer < 400; timer++) other.setTimer(() => {}, timer);
    const [result] = await Promise.all([new VirtualClock().run(() => woke), other.advance(500)]);
    expect(result).toBe("woke");
  });
});

describe("VirtualClock.run of a body that does real I/O", () => {
  it("a run waits for I/O as long as the clock's threshold says, and ends with it (C2)", async () => {
    const clock = new VirtualClock({ autojumpThreshold: 60_000 });
    const source = await clock.run((scope) => {
      void scope.sleep(1_000).catch(() => {});
      return readFile(new URL(import.meta.url), "utf8");
    });
    expect([source.length > 0, clock.now()]).toEqual([true, 0]);
  });

  it("a run treats I/O as a deadlock only after that time (C2)", async () => {
    const clock = new VirtualClock({ autojumpThreshold: 30 });
    const before = performance.now();
    await expect(clock.run(() => forEver)).rejects.toThrow(StalledError);
    expect(performance.now() - before).toBeGreaterThan(25); // timers may be a little early
  });
});

/** A group of two tasks, one of which ends while the other waits forever. */
async function pipeline(scope: CancelScope): Promise<void> {
  const set = new TaskOwner("Nursery", { parent: scope, name: "pipeline" }, { taskEnded() {} });
  set.createTask((scope) => scope.sleep(5), { name: "producer" });
  set.createTask((scope) => scope.race(forEver), { name: "consumer" });
  await set.finish();
}

async function deadlocked(scope: CancelScope): Promise<void> {
  const set = new TaskOwner("Nursery", { parent: scope }, { taskEnded() {} });
  const tasks = [0, 1].map((index) =>
    set.createTask(async (scope): Promise<void> => {
      await scope.checkpoint();
      await scope.race(Promise.resolve(tasks[1 - index]));
    }),
  );
  await set.finish();
}
