import type { Clock } from "@selvage/scope";
import type { Workload } from "./workload.js";

/** The environment of a contestant. */
interface Surroundings {
  readonly clock: Clock;
  /** The timeout's signal, if there is a timeout. */
  readonly signal?: AbortSignal | undefined;
  /** The caller's error handler, if the contestant takes one. */
  readonly onError: (error: unknown) => void;
}

/** A way to run several tasks. */
export interface Contestant {
  readonly name: string;
  /** Its purpose, in a few words. */
  readonly description: string;
  /** Runs the workload as its users would, and settles when they have control back. */
  run(workload: Workload, surroundings: Surroundings): Promise<unknown>;
  /** Runs something for at most `ms` milliseconds, with the timeout that fits the contestant. */
  timeout(ms: number, run: (signal: AbortSignal) => Promise<unknown>, clock: Clock): Promise<unknown>;
}
