import { leaves } from "@selvage/exception-group";
import { TaskGroup } from "@selvage/task-group";
import type { Program, Stage } from "../program.js";
import { readAmount, readCurrency } from "./work/order.js";

/*
 * Python's `gather(…)`, with `return_exceptions=False`, is `Promise.all`.
 *
 * Look at: two readers fail with a ValueError and a TypeError. How many of the two does each caller get to see?
 */
export const gather: Program = {
  name: "gather",
  description: "Promise.all shows the first of two errors, a TaskGroup both",
  async run(stage) {
    await withPromiseAll(stage);
    await withTaskGroup(stage);
  },
};

async function withPromiseAll({ out }: Stage): Promise<void> {
  out("Promise.all");
  try {
    await Promise.all([readAmount(), readCurrency()]);
  } catch (error) {
    out(`  caught ${String(error)}`);
    out("  there is a second error, and nobody will ever see it");
  }
}

async function withTaskGroup({ out }: Stage): Promise<void> {
  out("TaskGroup");
  try {
    await TaskGroup.run((group) => {
      group.createTask(readAmount);
      group.createTask(readCurrency);
    });
  } catch (error) {
    for (const leaf of leaves(error)) out(`  caught ${String(leaf)}`);
  }
}
