/**
 * `pnpm soak --minutes 10 --seed 7`: plays rounds, and measures the heap between them. Ends with 1 if anything was
 * lost, or if the heap grew.
 */
import { parseArgs } from "node:util";
import { run } from "@selvage/runner";
import { growth, type Sample, warm } from "./growth.js";
import { soak } from "./soak.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "200" },
    concurrency: { type: "string", default: "20" },
    bound: { type: "string", default: "100" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number, got ${values.seed}.`);
/** How often the heap is measured, in minutes. */
const EVERY = Math.max(1 / 60, minutes / 60);
const collect = globalThis.gc;
if (collect === undefined) throw new Error("expected to be run with --expose-gc: `pnpm soak`");

process.on("warning", (warning) => {
  throw warning; // for instance, of too many listeners
});

await run(async (scope) => {
  console.log(`seed ${seed}`);
  const began = scope.clock.now();
  const samples: Sample[] = [];
  const options = { concurrency: Number(values.concurrency), rate: Number(values.rate), seed };
  const report = await soak(
    options,
    (soFar) => {
      const time = (scope.clock.now() - began) / 60_000;
      if (time >= (samples.length + 1) * EVERY) {
        collect();
        const sample = { time, heap: process.memoryUsage().heapUsed };
        samples.push(sample);
        console.log(
          `${time.toFixed(1).padStart(5)} min  ${(sample.heap / 1e6).toFixed(3)} MB  ${JSON.stringify(soFar)}`,
        );
      }
      return time < minutes;
    },
    scope,
  );
  console.log(JSON.stringify(report));
  const slope = growth(warm(samples)) / 1_000;
  console.log(`The heap grew by ${slope.toFixed(1)} kB a minute; the bound is ${values.bound}.`);
  if (!(slope <= Number(values.bound))) throw new Error("expected the heap to stay flat");
});
