import { parseArgs } from "node:util";
import { run } from "@selvage/runner";
import type { CancelScope } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { growth, type Sample, warm } from "./growth.js";
import { soak } from "./soak.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "200" },
    concurrency: { type: "string", default: "20" },
    bound: { type: "string", default: "100" },
  },
});
const minutes = Number(values.minutes);
/** How often the heap is measured. */
const EVERY = Math.max(1_000, minutes * 1_000);
const collect = globalThis.gc;
if (collect === undefined) throw new Error("expected to be run with --expose-gc: `pnpm soak`");

process.on("warning", (warning) => {
  throw warning; // too many listeners, say
});

await run(async (scope) => {
  const began = scope.clock.now();
  const elapsed = (): number => (scope.clock.now() - began) / 60_000;
  const samples: Sample[] = [];
  let latest: { readonly sent: number; readonly stats: string } = { sent: 0, stats: "" };

  async function measure(own: CancelScope): Promise<void> {
    for (;;) {
      await own.sleep(EVERY);
      collect!();
      const sample = { time: elapsed(), heap: process.memoryUsage().heapUsed };
      samples.push(sample);
      const resources = process.getActiveResourcesInfo();
      console.log(
        `${sample.time.toFixed(1).padStart(5)} min  ${(sample.heap / 1e6).toFixed(3)} MB  ` +
          `${count(resources, "Timeout")} timers  ${count(resources, "TCPSocketWrap")} sockets  ${latest.sent} requests  ${latest.stats}`,
      );
    }
  }

  const load = { concurrency: Number(values.concurrency), rate: Number(values.rate) };
  const report = await Supervisor.run(
    async (supervisor) => {
      const sampler = supervisor.createTask(measure);
      try {
        return await soak(
          load,
          (sent, service) => {
            latest = { sent, stats: JSON.stringify(service.stats) };
            return elapsed() < minutes;
          },
          supervisor.scope,
        );
      } finally {
        sampler.cancel();
      }
    },
    { parent: scope },
  );
  console.log(JSON.stringify(report));
  const slope = growth(warm(samples)) / 1_000;
  console.log(`The heap grew by ${slope.toFixed(1)} kB a minute; the bound is ${values.bound}.`);
  if (!(slope <= Number(values.bound))) throw new Error("expected the heap to stay flat");
});

function count(resources: readonly string[], kind: string): number {
  return resources.filter((resource) => resource === kind).length;
}
