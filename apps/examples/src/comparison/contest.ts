import { VirtualClock } from "@selvage/testing";
import type { Contestant } from "./contestant.js";
import { observe, type Outcome } from "./observe.js";
import { Recorder, type TaskEvent } from "./recorder.js";
import { makeWorkload } from "./workload.js";

/** Everything that happened while a contestant ran the workload, and after it had given control back. */
export interface Recording {
  readonly contestant: Pick<Contestant, "name" | "description">;
  /** In milliseconds; `undefined` without a timeout. */
  readonly timeout: number | undefined;
  readonly events: readonly TaskEvent[];
  readonly outcome: Outcome;
  /** The errors that the caller's error handler received. */
  readonly handled: readonly unknown[];
  /** The unhandled rejections, with the name of the task. */
  readonly unhandled: readonly { readonly task: string; readonly error: unknown }[];
}

/** Lets a contestant run the workload, with or without a timeout, until nothing of it is left. */
export async function record(contestant: Contestant, timeout?: number): Promise<Recording> {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const workload = makeWorkload(clock, recorder);
  const handled: unknown[] = [];
  const run = (signal?: AbortSignal): Promise<unknown> =>
    contestant.run(workload, { clock, signal, onError: (error) => handled.push(error) });

  const { outcome, unhandled } = await observe(clock, () =>
    timeout === undefined ? run() : contestant.timeout(timeout, run, clock),
  );
  return {
    contestant,
    timeout,
    events: recorder.events,
    outcome,
    handled,
    unhandled: unhandled.map(({ promise, reason }) => ({
      task: recorder.taskOf(promise) ?? "unknown promise",
      error: reason,
    })),
  };
}
