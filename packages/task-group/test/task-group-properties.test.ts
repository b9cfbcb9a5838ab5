import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelScope, isCancellation, type Task, TaskGroup } from "../src/index.js";
import { outcomeOf } from "./outcome.js";

/** What a task, or the body of a group, does; one thing after another. */
type Step =
  | { readonly kind: "sleep" | "stubborn sleep" | "sleep and swallow"; readonly ms: number }
  | { readonly kind: "fail" | "cancel the group" | "cancel itself" | "look" }
  | { readonly kind: "spawn"; readonly plan: Plan; readonly fromCallback: boolean }
  | { readonly kind: "group"; readonly plan: GroupPlan };

interface Plan {
  readonly steps: readonly Step[];
  /** What it does when it ends, whatever the outcome. */
  readonly cleanup: "none" | "slow" | "failing" | "spawning";
}

interface GroupPlan {
  readonly body: Plan;
  readonly limit: number | undefined;
}

const ms = fc.integer({ min: 0, max: 30 });
const { group: groupPlan } = fc.letrec<{ step: Step; plan: Plan; group: GroupPlan }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 4, depthSize: "max", withCrossShrink: true },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constantFrom("sleep", "stubborn sleep", "sleep and swallow"), ms }) as never,
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("fail", "cancel the group", "cancel itself", "look") }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("spawn"),
        plan: tie("plan"),
        fromCallback: fc.boolean(),
      }) as never,
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("group"), plan: tie("group") }) as never },
  ) as fc.Arbitrary<Step>,
  plan: fc.record({
    steps: fc.array(tie("step"), { maxLength: 5, size: "max" }),
    cleanup: fc.constantFrom("none", "none", "none", "none", "none", "slow", "slow", "spawning", "failing"),
  }),
  group: fc.record({ body: tie("plan"), limit: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }) }),
}));

/** An error of the plan. */
class Planned extends Error {}

/** Carries a plan out, and watches. */
class World {
  readonly clock = new VirtualClock({ autojump: true });
  /** The planned errors that have left a task or a body. */
  readonly thrown = new Set<Planned>();
  readonly tasks: Task<unknown>[] = [];
  /** Violations of the rules. */
  readonly wrongs: string[] = [];

  /** Runs a group as planned, and checks that nothing of it is left when it is left. */
  async runGroup(plan: GroupPlan, parent: CancelScope): Promise<unknown> {
    const own: OwnTasks = { accepted: [], running: 0 };
    let scope: CancelScope | undefined;
    try {
      return await TaskGroup.run(
        async (group) => {
          scope = group.scope;
          await this.#follow(plan.body, group, group.scope, own, plan.limit);
          return "value";
        },
        { parent, limit: plan.limit },
      );
    } catch (error) {
      // Its own cancellation, if its body was interrupted: no other code absorbs it (T4).
      if (error !== scope?.reason || scope?.reason?.scope !== scope) throw error;
      return undefined;
    } finally {
      if (own.running > 0) this.wrongs.push(`${own.running} functions outlive their group`);
      if (own.accepted.some((task) => !task.done)) this.wrongs.push("a task outlives its group");
    }
  }

  async #follow(plan: Plan, group: TaskGroup, scope: CancelScope, own: OwnTasks, limit = Infinity): Promise<void> {
    try {
      for (const step of plan.steps) await this.#take(step, group, scope, own, limit);
    } catch (error) {
      await this.#cleanUp(plan, isCancellation(error, scope), group, own, limit);
      throw error;
    }
    await this.#cleanUp(plan, true, group, own, limit);
  }

  async #take(step: Step, group: TaskGroup, scope: CancelScope, own: OwnTasks, limit: number): Promise<void> {
    switch (step.kind) {
      case "sleep":
        return scope.sleep(step.ms);
      case "stubborn sleep":
        return this.#sleepAnyway(step.ms);
      case "sleep and swallow":
        return scope.sleep(step.ms).catch(() => {});
      case "fail":
        throw this.#error();
      case "cancel the group":
        return group.cancel();
      case "cancel itself":
        return scope === group.scope ? undefined : scope.cancel();
      case "look":
        return scope.throwIfCancelled();
      case "spawn": {
        const task = this.#spawn(step.plan, group, own, limit);
        if (step.fromCallback)
          task.addDoneCallback(() => this.#trySpawn({ steps: [], cleanup: "none" }, group, own, limit));
        return;
      }
      case "group":
        await this.runGroup(step.plan, scope);
    }
  }

  /** Fails only if no pending error would be lost by that. */
  async #cleanUp(plan: Plan, mayFail: boolean, group: TaskGroup, own: OwnTasks, limit: number): Promise<void> {
    if (plan.cleanup === "slow") await this.#sleepAnyway(7);
    if (plan.cleanup === "spawning")
      this.#trySpawn({ steps: [{ kind: "sleep", ms: 3 }], cleanup: "none" }, group, own, limit);
    if (plan.cleanup === "failing" && mayFail) throw this.#error();
  }

  #spawn(plan: Plan, group: TaskGroup, own: OwnTasks, limit: number): Task<unknown> {
    const wasCancelled = group.scope.cancelled;
    const task = group.createTask(async (scope) => {
      if (++own.running > limit) this.wrongs.push(`${own.running} run under a limit of ${limit}`);
      if (scope.cancelled) this.wrongs.push("a cancelled task has started");
      try {
        await this.#follow(plan, group, scope, own, limit);
      } finally {
        own.running--;
      }
    });
    if (wasCancelled) this.wrongs.push("a cancelled group has accepted a task");
    this.tasks.push(task);
    own.accepted.push(task);
    return task;
  }

  #trySpawn(plan: Plan, group: TaskGroup, own: OwnTasks, limit: number): void {
    try {
      this.#spawn(plan, group, own, limit);
    } catch (error) {
      if (error !== group.scope.reason) this.wrongs.push(`refused with ${String(error)}`);
    }
  }

  async #sleepAnyway(time: number): Promise<void> {
    using own = new CancelScope({ clock: this.clock });
    await own.sleep(time);
  }

  #error(): Planned {
    const error = new Planned(`number ${this.thrown.size}`);
    this.thrown.add(error);
    return error;
  }
}

interface OwnTasks {
  readonly accepted: Task<unknown>[];
  running: number;
}

/** The errors in a group and in the groups in it. */
function leavesOf(error: unknown): unknown[] {
  return error instanceof AggregateError ? error.errors.flatMap(leavesOf) : [error];
}

describe("trees of groups", () => {
  it(
    "a tree of groups lets nothing outlive its group and loses no error, whatever happens (T1, T3, T4, T5, T6, T8)",
    { timeout: 120_000 },
    async () => {
      const cancelAt = fc.option(fc.record({ at: ms, by: fc.constantFrom("cancel", "deadline", "signal") }), {
        nil: undefined,
      });
      await fc.assert(
        fc.asyncProperty(groupPlan, cancelAt, async (plan, outer) => {
          const world = new World();
          const { clock } = world;
          const controller = new AbortController();
          const scope = new CancelScope({ clock, ...(outer?.by === "signal" && { parent: controller.signal }) });
          if (outer?.by === "deadline") scope.deadline = outer.at;
          else if (outer) clock.setTimer(() => (outer.by === "cancel" ? scope.cancel() : controller.abort()), outer.at);

          const outcome = await outcomeOf(world.runGroup(plan, scope));

          expect(world.wrongs).toEqual([]);
          const arrived = outcome.error === undefined || isOuter(outcome.error) ? [] : leavesOf(outcome.error);
          expect(new Set(arrived)).toEqual(world.thrown);
          expect(arrived.length).toBe(world.thrown.size);
          if (world.thrown.size > 0) expect(outcome.error).toBeInstanceOf(AggregateError);
          expect(world.tasks.filter(({ done }) => !done)).toEqual([]);
          scope.close(); // which throws if anything were left below it

          function isOuter(error: unknown): boolean {
            return scope.reason !== undefined && error === scope.reason;
          }
        }),
        { numRuns: 1_000 },
      );
    },
  );
});
