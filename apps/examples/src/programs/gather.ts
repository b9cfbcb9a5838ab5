import { leaves } from "@selvage/exception-group";
import { gather, TaskGroup } from "@selvage/task-group";
import type { Program, Stage } from "../program.js";
import { readAmount, readCurrency } from "./work/order.js";

/*
 * Python's `gather(…)`, with `return_exceptions=False`, is `Promise.all`.
 *
 * Look at: two readers fail, with a ValueError and a TypeError. How many of the two errors does each caller see?
 */
export const program: Program = {
  name: "gather",
  description: "Promise.all shows the first of two errors, a TaskGroup both",
  async run(stage) {
    await withPromiseAll(stage);
    await withTaskGroup(stage);
    await withGather(stage);
  },
};

async function withPromiseAll({ out }: Stage): Promise<void> {
  out("Promise.all");
  try {
    const [amount, currency] = await Promise.all([readAmount(), readCurrency()]);
    out(`  ${amount} ${currency}`);
  } catch (error) {
    out(`  caught ${String(error)}`);
    out("  there is a second error, which is lost");
  }
}

async function withTaskGroup({ out }: Stage): Promise<void> {
  out("TaskGroup");
  try {
    await TaskGroup.run(async (group) => {
      const amount = group.createTask(readAmount);
      const currency = group.createTask(readCurrency);
      out(`  ${await amount} ${await currency}`);
    });
  } catch (error) {
    for (const leaf of leaves(error)) out(`  caught ${String(leaf)}`);
  }
}

async function withGather({ out }: Stage): Promise<void> {
  out("gather, the TaskGroup that looks like Promise.all");
  try {
    const [amount, currency] = await gather([readAmount, readCurrency]);
    out(`  ${amount} ${currency}`);
  } catch (error) {
    for (const leaf of leaves(error)) out(`  caught ${String(leaf)}`);
  }
}
