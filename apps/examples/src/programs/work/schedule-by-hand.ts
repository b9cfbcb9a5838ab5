import type { Clock } from "@selvage/scope";
import { NativeTimers } from "../../native-timers.js";
import type { Job } from "./job.js";

/** Runs each job on its schedule until the signal aborts: runs of a job do not overlap, a failure is printed, and the job goes on. */
export async function scheduleByHand(
  jobs: readonly Job[],
  signal: AbortSignal,
  clock: Clock,
  out: (line: string) => void,
): Promise<void> {
  const running = new Map<Job, Promise<void>>();
  const timers = new Map<Job, unknown>();
  const start = clock.now();

  function tick(job: Job, count: number): void {
    const next = start + (count + 1) * job.every;
    timers.set(
      job,
      clock.setTimer(() => {
        tick(job, count + 1);
      }, next - clock.now()),
    );
    if (count === 0 || running.has(job)) return;
    const run = job
      .run(new NativeTimers(clock, signal))
      .catch((error: unknown) => {
        if (!signal.aborted) out(`  ${job.name} failed: ${String(error)}`);
      })
      .finally(() => running.delete(job));
    running.set(job, run);
  }

  for (const job of jobs) tick(job, 0);
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
  for (const timer of timers.values()) clock.clearTimer(timer);
  await Promise.all(running.values());
}
