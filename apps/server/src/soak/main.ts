/**
 * `pnpm soak [--minutes 10] [--rate 200] [--seed N] [--bound 100]`: runs two processes of the service under load for a long time while random things
 * happen. Ends with 1 if an event was lost or stuck, if a shutdown was late, or if the heap of the process that is never restarted grew.
 */
import { run } from "@selvage/runner";
import { growth, type Sample, warm } from "./growth.js";
import { readOptions } from "./options.js";
import { soak } from "./soak.js";
import { createWorld } from "./world.js";

const { minutes, bound, ...options } = readOptions(process.argv.slice(2));
/** How often a line is printed, in minutes. */
const EVERY = Math.max(1 / 60, minutes / 60);

await run(async (scope) => {
  console.log(`seed ${options.seed}`);
  const samples: Sample[] = [];
  const world = await createWorld();
  try {
    let next = 0;
    await soak(
      options,
      world,
      (totals, sample) => {
        samples.push(sample);
        const { time, heap } = sample;
        const isOver = time >= minutes;
        if (time >= next || isOver) {
          console.log(`${time.toFixed(1).padStart(5)} min  ${(heap / 1e6).toFixed(3)} MB  ${JSON.stringify(totals)}`);
          next = time + EVERY;
        }
        return !isOver;
      },
      scope,
    );
  } finally {
    await world[Symbol.asyncDispose]();
  }
  const slope = growth(warm(samples)) / 1_000;
  console.log(`The heap grew by ${slope.toFixed(1)} kB a minute; the bound is ${bound}.`);
  if (!(slope <= bound)) throw new Error("expected the heap to stay flat");
});
