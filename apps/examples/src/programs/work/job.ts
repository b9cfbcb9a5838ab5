import type { Sleeper } from "../../native-timers.js";

/** A job that runs on a schedule. */
export interface Job {
  readonly name: string;
  /** The time between two runs, in milliseconds. */
  readonly every: number;
  readonly run: (where: Sleeper) => Promise<void>;
}
