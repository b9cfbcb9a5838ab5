import { VirtualClock } from "@selvage/testing";
import type { Contestant } from "./contestant.js";
import { observe, type Outcome } from "./observe.js";
import { Recorder, type TaskEvent } from "./recorder.js";
import { makeWorkload } from "./workload.js";

/** Everything that happened while a contestant ran the workload, and after it had given control back. */
export interface Recording {
  readonly contestant: Pick<Contestant, "name" | "description">;
  /** In milliseconds; none if there was none. */
  readonly timeout: number | undefined;
  readonly events: readonly TaskEvent[];
  readonly outcome: Outcome;
  /** The errors that the caller's error handler was told of. */
  readonly handled: readonly unknown[];
  /** The rejections that nobody handled, and whose they were. */
  readonly unhandled: readonly { readonly task: string; readonly error: unknown }[];
}

/** Has a contestant run the workload, with a timeout around it or with none, until nothing of it is left. */
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
      task: recorder.taskOf(promise) ?? "nobody's promise",
      error: reason,
    })),
  };
}
