import { CancelScope } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ShutdownReport, Supervisor, type Task } from "../src/index.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";

/**
 * A supervisor whose tasks and listeners do anything to it, in any order: shut it down, cancel and close scopes, add
 * tasks, move deadlines and the limit. There is no model to compare with; the test checks what must hold in any case.
 */
class Chaos {
  readonly #draw: <T>(arbitrary: fc.Arbitrary<T>) => T;
  readonly #clock = new VirtualClock();
  readonly #parent = new CancelScope({ clock: this.#clock });
  readonly #supervisor: Supervisor;
  readonly #tasks: Task<void>[] = [];
  /** Bounds the run, so that it ends. */ #actionsLeft = 30;
  readonly reports: Promise<ShutdownReport>[] = [];

  constructor(gen: fc.GeneratorValue) {
    this.#draw = (arbitrary) => gen(() => arbitrary);
    const drain = this.#draw(fc.option(fc.record({ grace: fc.nat(30) }), { nil: undefined }));
    this.#supervisor = new Supervisor({
      parent: this.#parent,
      limit: this.#draw(fc.constantFrom(Infinity, Infinity, 1, 2)),
      onError: this.#act,
      isFatal: () => this.#draw(fc.nat(9)) === 0,
      ...(drain && { drain }),
    });
    this.#supervisor.onShutdown(this.#act);
  }

  async run(): Promise<void> {
    const supervisor = this.#supervisor;
    for (let count = this.#draw(fc.integer({ min: 1, max: 6 })); count > 0; count--) this.#allow(this.#addTask);
    const timers = this.#draw(fc.array(fc.nat(80), { maxLength: 4 })).map((ms) => this.#sleep(ms).then(this.#act));
    // The timeout ends everything that is left.
    const last = this.#sleep(100).then(() => supervisor.shutdown({ grace: 20, timeout: 150 }));
    const joined = Promise.allSettled([supervisor.join()]);
    await this.#clock.runAll();
    await Promise.all([last, joined, ...timers, ...this.reports]);
    this.#check();
    expect([supervisor.size, supervisor.stopping, this.#clock.pending]).toEqual([0, true, 0]);
    expect(() => supervisor.createTask(() => {})).toThrow();
  }

  readonly #act = (): void => {
    if (this.#actionsLeft-- <= 0) return;
    this.#check();
    this.#allow(this.#actions[this.#draw(fc.nat(this.#actions.length - 1))]!);
    this.#check();
  };

  readonly #actions: (() => unknown)[] = [
    () => this.reports.push(this.#supervisor.shutdown(this.#draw(shutdownOptions))),
    () => this.reports.push(this.#supervisor.shutdown({ grace: 10, requestedBy: this.#anyScope() })),
    () => this.#anyTask()?.cancel("chaos"),
    () => this.#anyTask()?.scope.close(),
    () => (this.#anyScope().deadline = this.#clock.now() + this.#draw(fc.nat(60))),
    () => (this.#supervisor.limit = this.#draw(fc.constantFrom(1, 2, 5, Infinity))),
    () => this.#supervisor.onShutdown(this.#act),
    () => this.#addTask(),
    () => this.#draw(fc.nat(4)) === 0 && this.#supervisor.scope.cancel("chaos"),
    () => this.#draw(fc.nat(4)) === 0 && this.#parent.cancel("chaos"),
  ];

  readonly #addTask = (): void => {
    const { kind, ms, restart, ...options } = this.#draw(taskPlan);
    const task = this.#supervisor.createTask((scope) => this.#runTask(kind, ms, scope), {
      ...options,
      restart: restart
        ? { when: "always", maxRestarts: 3, within: 1_000, backoff: { initial: ms, jitter: false } }
        : undefined,
    });
    this.#tasks.push(task);
    task.addDoneCallback(this.#act);
    task.scope.onCancel(this.#act);
  };

  async #runTask(kind: TaskKind, ms: number, scope: CancelScope): Promise<void> {
    scope.onCancel(this.#act);
    if (kind === "acts at once") this.#act();
    if (kind === "is deaf") return this.#sleep(ms * 5);
    await scope.sleep(kind === "waits" ? 1_000 : ms).catch(() => this.#sleep(ms));
    scope.throwIfCancelled();
    if (kind === "fails") throw new Error("failed");
  }

  #anyTask(): Task<void> | undefined {
    return this.#tasks[this.#draw(fc.nat(Math.max(0, this.#tasks.length - 1)))];
  }

  #anyScope(): CancelScope {
    return this.#anyTask()?.scope ?? this.#supervisor.scope;
  }

  /** Some actions are misuse at some moments. */
  #allow(action: () => unknown): void {
    try {
      action();
    } catch (error) {
      expect((error as Error).name).toMatch(/^(ClosedError|InvalidStateError|AbortError)$/);
    }
  }

  #check(): void {
    expect(Object.values(this.#supervisor.stats()).filter((count) => count < 0)).toEqual([]);
  }

  async #sleep(ms: number): Promise<void> {
    using scope = new CancelScope({ parent: null, clock: this.#clock });
    await scope.sleep(ms);
  }
}

type TaskKind = "acts at once" | "is deaf" | "returns" | "fails" | "waits";

const optional = (arbitrary: fc.Arbitrary<number>): fc.Arbitrary<number | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const shutdownOptions = fc.record({ grace: optional(fc.nat(40)), timeout: optional(fc.nat(140)) });
const taskPlan = fc.record({
  kind: fc.constantFrom<TaskKind[]>("acts at once", "is deaf", "returns", "fails", "waits"),
  ms: fc.nat(60),
  restart: fc.boolean(),
  stage: fc.nat(2),
  grace: optional(fc.constantFrom(0, 10, 30, Infinity)),
});

describe("a supervisor whose tasks and listeners do anything to it", () => {
  it("the supervisor ends, answers every caller, and leaves no timer and no uncaught error (V4, V5, V6, V11)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (gen) => {
        const uncaught = await uncaughtDuring(() => new Chaos(gen).run());
        expect(uncaught).toEqual([]);
      }),
      { numRuns: 300, endOnFailure: true }, // no shrinking: values that are drawn on the way take too long
    );
  });
});
