import type { CancelScope, Clock } from "@selvage/scope";

/** What the program of the pipeline imports from `./playground.js`. */
export interface PipelineModule {
  /** The virtual clock. */
  readonly clock: Clock;
  /** Works on an item for `ms` milliseconds: sleeps in the scope of the stage, and records that. */
  readonly work: (scope: CancelScope, item: unknown, ms: number) => Promise<void>;
}
