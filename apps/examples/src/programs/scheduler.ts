import { CancelScope } from "@selvage/scope";
import type { Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";
import type { Job } from "./work/job.js";
import { schedule } from "./work/schedule.js";
import { scheduleByHand } from "./work/schedule-by-hand.js";

/*
 * Two jobs run on schedules. A report takes longer than the time between two ticks. A backup fails the first time. After 350 ms everything is stopped.
 *
 * Look at: the two functions, work/schedule-by-hand.ts and work/schedule.ts. They do the same: runs of one job do not overlap, ticks do not drift, a
 * failure stops nothing else, and stopping cancels what runs and waits for it. Only the schedule of a job that has failed differs: with the packages it
 * starts over at the failure.
 */
export const program: Program = {
  name: "scheduler",
  description: "jobs on schedules, which fail, overlap and are stopped: 42 lines by hand, 19 with the packages",
  async run(stage) {
    const { clock } = new CancelScope({ clock: stage.clock });
    await work("by hand", (jobs, scope) => scheduleByHand(jobs, scope.signal, clock, stage.out), stage);
    await work("with the packages", (jobs, scope) => schedule(jobs, scope, stage.out), stage);
  },
};

type Schedule = (jobs: readonly Job[], scope: CancelScope) => Promise<void>;

async function work(title: string, schedule: Schedule, { out, clock }: Stage): Promise<void> {
  out(title);
  const began = new CancelScope({ clock }).clock.now();
  const scope = new CancelScope({ clock, deadline: began + 350 });
  const log = (line: string): void => {
    out(`  ${String(scope.clock.now() - began).padStart(3)} ms: ${line}`);
  };
  let backups = 0;
  const jobs: readonly Job[] = [
    {
      name: "report",
      every: 80,
      async run(where: Sleeper) {
        log("report begins");
        await where.sleep(100);
      },
    },
    {
      name: "backup",
      every: 150,
      async run(where: Sleeper) {
        await where.sleep(10);
        if (++backups === 1) throw new Error("the disk is full");
        log("backup done");
      },
    },
  ];
  await schedule(jobs, scope).catch(() => {}); // cancelled by its deadline
  log("stopped");
}
