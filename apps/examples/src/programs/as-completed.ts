import { asCompleted, gatherSettled } from "@selvage/task-group";
import { timeout } from "@selvage/timeout";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * Three shops are asked for a price. Oslo is slow, and Lima has none.
 *
 * Look at: which price is seen first, and which shops still answer after the caller has continued. The promises are
 * awaited in the order of the list. `asCompleted` yields tasks as they end, and leaving its loop cancels the others.
 * `gatherSettled` waits for all tasks, and nothing still runs when it resolves.
 */
export const program: Program = {
  name: "as-completed",
  description: "asCompleted yields answers as they come, gatherSettled returns all, good or bad",
  async run(stage) {
    await withPromises(stage);
    await withAsCompleted(stage);
    await withAllSettled(stage);
    await withGatherSettled(stage);
  },
};

const shops = { Oslo: 300, Rome: 200, Lima: 100 };

async function withPromises({ out, clock }: Stage): Promise<void> {
  out("a loop over promises, stopped at the first price");
  const timers = new NativeTimers(clock);
  const prices = Object.entries(shops).map(([shop, ms]) => ask(shop, ms, timers, out));
  for (const price of prices) price.catch(() => {}); // Without this, Lima would end the process while Oslo is awaited.
  for (const price of prices) {
    out(`  the caller takes ${await price}`);
    break;
  }
}

async function withAsCompleted({ out, clock }: Stage): Promise<void> {
  out("asCompleted, stopped at the first price");
  const tasks = Object.entries(shops).map(
    ([shop, ms]) =>
      (scope: Sleeper) =>
        ask(shop, ms, scope, out),
  );
  for await (const task of asCompleted(tasks, { clock })) {
    if (task.status !== "fulfilled") continue;
    out(`  the caller takes ${task.result()}`);
    break;
  }
  out("  the caller continues");
}

async function withAllSettled({ out, clock }: Stage): Promise<void> {
  out("Promise.allSettled, with 250 ms for each");
  const timers = new NativeTimers(clock);
  const prices = Object.entries(shops).map(([shop, ms]) => ask(shop, ms, timers, out));
  const late = timers.sleep(250).then(() => Promise.reject(new Error("timed out after 250 ms")));
  for (const result of await Promise.allSettled(prices.map((price) => Promise.race([price, late])))) tell(result, out);
  out("  the caller continues");
  await Promise.allSettled(prices); // The answers still arrive.
}

async function withGatherSettled({ out, clock }: Stage): Promise<void> {
  out("gatherSettled, with 250 ms for each");
  const results = await gatherSettled(
    Object.entries(shops).map(
      ([shop, ms]) =>
        (parent) =>
          timeout(250, ({ scope }) => ask(shop, ms, scope, out), { parent }),
    ),
    { clock },
  );
  for (const result of results) tell(result, out);
  out("  the caller continues");
}

function tell(result: PromiseSettledResult<string>, out: (line: string) => void): void {
  out(`  ${result.status === "fulfilled" ? result.value : String(result.reason)}`);
}

async function ask(shop: string, ms: number, where: Sleeper, out: (line: string) => void): Promise<string> {
  try {
    await where.sleep(ms);
  } catch (error) {
    out(`  ${shop} is cancelled`);
    throw error;
  }
  if (shop === "Lima") throw new Error("Lima has none");
  out(`  ${shop} answers`);
  return `${ms / 10} from ${shop}`;
}
