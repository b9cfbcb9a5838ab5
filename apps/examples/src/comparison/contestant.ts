import type { Clock } from "@selvage/scope";
import type { Workload } from "./workload.js";

/** Where a contestant runs. */
interface Surroundings {
  readonly clock: Clock;
  /** The timeout's signal, if there is a timeout. */
  readonly signal?: AbortSignal | undefined;
  /** What the caller gives as error handler, where one can be given. */
  readonly onError: (error: unknown) => void;
}

/** A way to run several tasks. */
export interface Contestant {
  readonly name: string;
  /** What it is for, in a few words. */
  readonly description: string;
  /** Runs the workload as its users would, and settles when they have control back. */
  run(workload: Workload, surroundings: Surroundings): Promise<unknown>;
  /** Gives something at most `ms` milliseconds, in the way that goes with it. */
  timeout(ms: number, run: (signal: AbortSignal) => Promise<unknown>, clock: Clock): Promise<unknown>;
}
