import { record } from "./contest.js";
import { paintFor } from "./paint.js";
import { platform } from "./platform.js";
import { renderComparison } from "./render.js";
import { selvage } from "./selvage.js";

const timeout = 50;

/** Runs one workload under the platform's functions and under each primitive, and prints what happened. */
export async function printComparison(out: (line: string) => void): Promise<void> {
  const recordings = [];
  for (const ms of [undefined, timeout]) {
    for (const contestant of [...platform, ...selvage]) recordings.push(await record(contestant, ms));
  }
  for (const line of renderComparison(recordings, paintFor(process.env, process.stdout.isTTY))) out(line);
}
