import { every } from "@selvage/retry";
import { type CancelScope, Supervisor } from "@selvage/supervisor";
import type { Job } from "./job.js";

/** Runs each job on its schedule until the scope is cancelled: runs of a job do not overlap, a failure is printed, and the job goes on. */
export async function schedule(jobs: readonly Job[], parent: CancelScope, out: (line: string) => void): Promise<void> {
  const onError = (error: unknown, { name }: { readonly name: string }): void => {
    out(`  ${name} failed: ${String(error)}`);
  };
  const restart = { when: "on-failure", maxRestarts: Infinity, within: 0 } as const;
  await Supervisor.run(
    (supervisor) => {
      for (const { name, every: ms, run } of jobs) {
        supervisor.createTask((scope) => every(ms, run, { parent: scope }), { name, restart });
      }
    },
    { parent, onError },
  );
}
