import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { presets } from "../../.vitepress/theme/playground/engine/presets.js";
import { primitives } from "../../.vitepress/theme/playground/engine/primitives.js";
import { programOf } from "../../.vitepress/theme/playground/engine/source.js";
import { workloadOf } from "../../.vitepress/theme/playground/engine/workload.js";
import { setups } from "./setups.js";
import { typeCheck } from "./type-check.js";

/** A workload that uses every option. */
const everything = workloadOf(
  [100, { takes: 200, fails: true, cleanup: 20, cleanupFails: true }, { takes: 300, ignores: true, cleanup: 10 }],
  { limit: 2, timeout: 250, cancelAt: 150, shutdownAt: 120, grace: 50 },
);

describe("programOf", () => {
  it("writes programs that type-check", async () => {
    const workloads = [
      workloadOf([300, 200]),
      workloadOf([300, 200], { limit: 2 }),
      workloadOf([300, 200], { timeout: 250 }),
      workloadOf([300, 200], { cancelAt: 250 }),
      workloadOf([300, 200], { shutdownAt: 250, grace: 10 }),
      everything,
    ];
    const all = [
      ...primitives.flatMap(({ name }) => workloads.map((workload) => programOf(name, workload))),
      ...presets.flatMap(({ setup }) => [setup.first, setup.second].map((name) => programOf(name, setup.workload))),
      ...fc.sample(setups, { numRuns: 50, seed: 1 }).map(({ first, workload }) => programOf(first, workload)),
    ];

    expect(await typeCheck(all)).toBe("");
  });

  it("would fail the type check if the programs were wrong", async () => {
    const { tasks, main } = programOf("gather", workloadOf([300, 200]));

    const messages = await typeCheck([
      { tasks, main: main.replace("{ clock }", "{ clocks }") },
      { tasks: tasks.replace("work(300", 'work("300"'), main },
    ]);

    expect(new Set(messages.match(/^\S+(?=\()/gm))).toEqual(new Set(["0/main.ts", "1/tasks.ts"]));
  });

  it("writes each task once, for all primitives", () => {
    expect(programOf("TaskGroup", everything).tasks).toMatchInlineSnapshot(`
      "import { task } from "./playground.js";

      const user = task("user", async ({ work, signal }) => {
        await work(100, signal);
        return "user";
      });

      const orders = task("orders", async ({ work, cleanUp, signal }) => {
        try {
          await work(200, signal);
          throw new Error("no orders");
        } finally {
          await cleanUp(20);
          throw new Error("orders left a mess");
        }
      });

      const reviews = task("reviews", async ({ work, cleanUp }) => {
        try {
          await work(300); // no signal: cannot be stopped
          return "reviews";
        } finally {
          await cleanUp(10);
        }
      });

      export const tasks = [user, orders, reviews];
      "
    `);
    for (const { name } of primitives) {
      expect(programOf(name, everything).tasks).toBe(programOf("TaskGroup", everything).tasks);
    }
  });

  it("writes the shortest possible program", () => {
    expect(programOf("gather", workloadOf([300, 200])).main).toMatchInlineSnapshot(`
      "import { gather } from "@selvage/task-group";
      import { clock } from "./playground.js";
      import { tasks } from "./tasks.js";

      export default async function caller() {
        return gather(tasks, { clock });
      }
      "
    `);
  });

  it("puts the primitive into its surroundings", () => {
    expect(programOf("TaskGroup", everything).main).toMatchInlineSnapshot(`
      "import { TaskGroup } from "@selvage/task-group";
      import { timeout } from "@selvage/timeout";
      import { clock, mark } from "./playground.js";
      import { tasks } from "./tasks.js";

      export default async function caller() {
        const outer = new AbortController();
        clock.setTimer(() => {
          mark("outer cancel");
          outer.abort(new Error("the user left"));
        }, 150);

        return timeout(
          250,
          async ({ scope }) => {
            const started = await TaskGroup.run(
              (group) => tasks.map((task) => group.createTask(task)),
              { parent: scope, limit: 2 },
            );
            return started.map((task) => task.result());
          },
          { clock, parent: outer.signal },
        );
      }
      "
    `);
  });

  it("shuts a supervisor down, and returns the report", () => {
    const workload = workloadOf([300, 200], { shutdownAt: 250, grace: 10 });

    expect(programOf("Supervisor", workload).main).toMatchInlineSnapshot(`
      "import { Supervisor } from "@selvage/supervisor";
      import { clock, mark, onError } from "./playground.js";
      import { tasks } from "./tasks.js";

      export default async function caller() {
        return Supervisor.run(
          async (supervisor) => {
            for (const task of tasks) supervisor.createTask(task);
            await supervisor.scope.sleep(250);
            mark("shutdown");
            return supervisor.shutdown({ grace: 10 });
          },
          { clock, onError },
        );
      }
      "
    `);
  });

  it("writes the usual code for the platform's functions", () => {
    expect(programOf("Promise.all", everything).main).toMatchInlineSnapshot(`
      "import { clock, mark } from "./playground.js";
      import { tasks } from "./tasks.js";

      export default async function caller() {
        const outer = new AbortController();
        clock.setTimer(() => {
          mark("outer cancel");
          outer.abort(new Error("the user left"));
        }, 150);

        // The usual time limit by hand: it does not stop the tasks.
        return Promise.race([
          Promise.all(tasks.map((task) => task({ signal: outer.signal }))),
          new Promise((_, reject) => {
            clock.setTimer(() => reject(new Error("timed out")), 250);
          }),
        ]);
      }
      "
    `);
  });
});
