import { CancelScope } from "@selvage/scope";
import { TaskOwner } from "@selvage/scope/lowlevel";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StalledError, VirtualClock } from "../src/index.js";
import { nextTurn } from "../src/macrotask.js";

/** What a worker does, one step after the other. */
type Step =
  | { readonly kind: "sleep"; readonly ms: number }
  | { readonly kind: "checkpoints" | "promises" | "macrotasks"; readonly count: number }
  | { readonly kind: "tasks"; readonly steps: readonly (readonly Step[])[] }
  | { readonly kind: "deadline"; readonly ms: number; readonly steps: readonly Step[] };

/** A worker waits for some of those before it, and then does its steps: so every program ends. */
interface Worker {
  readonly steps: readonly Step[];
  readonly waitsFor: readonly number[];
}

const { step, timedStep } = fc.letrec<{ step: Step; timedStep: Step; steps: Step[]; timedSteps: Step[] }>((tie) => {
  const plain = [
    fc.record({ kind: fc.constant("sleep" as const), ms: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ kind: fc.constantFrom("checkpoints", "promises"), count: fc.integer({ min: 1, max: 30 }) }),
    // As many as `settled` waits for: with more, time would move on beneath them.
    fc.record({ kind: fc.constant("macrotasks" as const), count: fc.integer({ min: 1, max: 9 }) }),
  ];
  const tasks = (steps: "steps" | "timedSteps"): fc.Arbitrary<Step> =>
    fc.record({ kind: fc.constant("tasks" as const), steps: fc.array(tie(steps), { maxLength: 3 }) });
  return {
    step: fc.oneof(
      { depthSize: "small" },
      ...plain,
      tasks("steps"),
      fc.record({ kind: fc.constant("deadline" as const), ms: fc.integer({ min: 0, max: 5 }), steps: tie("steps") }),
    ),
    /**
     * A program that takes the same time in any order: a deadline may or may not cancel an event that ends at the same
     * time.
     */
    timedStep: fc.oneof({ depthSize: "small" }, ...plain, tasks("timedSteps")),
    steps: fc.array(tie("step"), { maxLength: 4 }),
    timedSteps: fc.array(tie("timedStep"), { maxLength: 4 }),
  };
});

function programOf(step: fc.Arbitrary<Step>): fc.Arbitrary<Worker[]> {
  const worker = fc.record({
    steps: fc.array(step, { maxLength: 5 }),
    waitsFor: fc.uniqueArray(fc.nat({ max: 4 }), { maxLength: 2 }),
  });
  return fc
    .array(worker, { minLength: 1, maxLength: 5 })
    .map((workers) =>
      workers.map(({ steps, waitsFor }, index) => ({ steps, waitsFor: waitsFor.filter((other) => other < index) })),
    );
}

const seed = fc.option(fc.nat({ max: 2 ** 32 - 1 }), { nil: undefined });

interface Run {
  readonly clock: VirtualClock;
  /** What happened, in order. */
  readonly trace: readonly string[];
  readonly error: unknown;
}

/** Runs a program; the worker `stuck` waits forever once its steps are done. */
async function run(program: readonly Worker[], seed: number | undefined, stuck?: number): Promise<Run> {
  const clock = new VirtualClock({ seed });
  const trace: string[] = [];
  const error: unknown = await clock
    .run(async (scope) => {
      const workers = new TaskOwner("Nursery", { parent: scope }, { taskEnded() {} });
      const done: Promise<void>[] = [];
      for (const [index, { steps, waitsFor }] of program.entries()) {
        const task = workers.createTask(
          async (scope) => {
            for (const other of waitsFor) await scope.race(done[other]!);
            await follow(steps, scope, `${index}`, trace);
            if (index === stuck) await scope.sleep(Infinity);
          },
          { name: `worker ${index}` },
        );
        done.push(
          new Promise((resolve) => {
            task.addDoneCallback(() => {
              trace.push(`worker ${index} ends at ${clock.now()}`);
              resolve();
            });
          }),
        );
      }
      await workers.finish();
    })
    .catch((error: unknown) => error);
  return { clock, trace, error };
}

async function follow(steps: readonly Step[], scope: CancelScope, name: string, trace: string[]): Promise<void> {
  for (const [index, step] of steps.entries()) {
    await take(step, scope, `${name}.${index}`, trace);
    trace.push(`${name}.${index} ${step.kind} at ${scope.clock.now()}`);
  }
}

async function take(step: Step, scope: CancelScope, name: string, trace: string[]): Promise<void> {
  if (step.kind === "sleep") {
    await scope.sleep(step.ms);
  } else if (step.kind === "tasks") {
    scope.throwIfCancelled();
    const tasks = new TaskOwner("Nursery", { parent: scope }, { taskEnded() {} });
    for (const [index, steps] of step.steps.entries()) {
      tasks.createTask((scope) => follow(steps, scope, `${name}.${index}`, trace));
    }
    await tasks.finish();
    scope.throwIfCancelled();
  } else if (step.kind === "deadline") {
    const limited = new CancelScope({ parent: scope, deadline: scope.clock.now() + step.ms });
    await limited.run(() => follow(step.steps, limited, name, trace));
  } else {
    const turn = { checkpoints: () => scope.checkpoint(), promises: () => Promise.resolve(), macrotasks: nextTurn };
    for (let count = 0; count < step.count; count++) await turn[step.kind]();
    if (step.kind === "macrotasks") await scope.checkpoint(); // several in a row would be a longer chain
  }
}

/** When a program ends, computed without running it. */
function endOf(program: readonly Worker[]): number {
  const durationOf = (steps: readonly Step[]): number =>
    steps.reduce((sum, step) => {
      if (step.kind === "sleep") return sum + step.ms;
      return step.kind === "tasks" ? sum + Math.max(0, ...step.steps.map(durationOf)) : sum;
    }, 0);
  const ends: number[] = [];
  for (const { steps, waitsFor } of program) {
    ends.push(Math.max(0, ...waitsFor.map((other) => ends[other]!)) + durationOf(steps));
  }
  return Math.max(...ends);
}

describe("VirtualClock.run of any program", { timeout: 60_000 }, () => {
  it("a run of any program that ends resolves, under any seed: there is no false alarm (C2)", async () => {
    await fc.assert(
      fc.asyncProperty(programOf(step), seed, async (program, seed) => {
        const { error, trace } = await run(program, seed);
        expect(error).toBeUndefined();
        for (const index of program.keys()) expect(trace.join()).toContain(`worker ${index} ends`);
      }),
      { numRuns: 200 },
    );
  });

  it("a run takes as long as the program's longest path, under any seed: no order loses or gains time (C2)", async () => {
    await fc.assert(
      fc.asyncProperty(programOf(timedStep), seed, async (program, seed) => {
        const { error, clock } = await run(program, seed);
        expect([error, clock.now()]).toEqual([undefined, endOf(program)]);
      }),
      { numRuns: 200 },
    );
  });

  it("a run of any program that does not end is refused, and shows only the workers that wait (C2)", async () => {
    await fc.assert(
      fc.asyncProperty(programOf(step), seed, fc.nat(), async (program, seed, number) => {
        const stuck = number % program.length;
        const waiting = new Set([stuck]);
        for (const [index, { waitsFor }] of program.entries()) {
          if (waitsFor.some((other) => waiting.has(other))) waiting.add(index);
        }
        const { error } = await run(program, seed, stuck);
        expect(error).toBeInstanceOf(StalledError);
        const { message } = error as Error;
        expect(message).toMatch(/^Deadlock/);
        for (const index of program.keys()) {
          expect(message.includes(`task "worker ${index}": running`)).toBe(waiting.has(index));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("a run does the same in the same order under the same seed, and without one (C2)", async () => {
    await fc.assert(
      fc.asyncProperty(programOf(step), seed, async (program, seed) => {
        expect((await run(program, seed)).trace).toEqual((await run(program, seed)).trace);
      }),
      { numRuns: 100 },
    );
  });

  it("a run does the same in the same order whatever runs beside it on other clocks (C2)", async () => {
    await fc.assert(
      fc.asyncProperty(programOf(step), seed, programOf(step), seed, async (program, seed, other, otherSeed) => {
        const alone = await run(program, seed);
        const [accompanied] = await Promise.all([run(program, seed), run(other, otherSeed)]);
        expect(accompanied.trace).toEqual(alone.trace);
      }),
      { numRuns: 100 },
    );
  });
});
