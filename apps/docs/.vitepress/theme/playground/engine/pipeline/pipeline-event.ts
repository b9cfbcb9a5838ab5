import type { Outcome } from "../trace-event.js";
import type { Channel, Stage } from "./plan.js";

/** An event of a pipeline. Events are in order, also those of one time. */
export type PipelineEvent = StageEvent | { readonly at: number; readonly kind: "back"; readonly outcome: Outcome };

/**
 * An event of a stage.
 *
 * ```
 * (waits → resumes)? → begins → ends | stops → (waits → resumes)? → … → over
 * ```
 *
 * A stage waits for an item of the channel before it, or for room in the channel behind it. It stops if it is cancelled while it works.
 */
export type StageEvent =
  | { readonly at: number; readonly kind: "begins" | "ends" | "stops"; readonly stage: Stage; readonly item: number }
  | { readonly at: number; readonly kind: "waits"; readonly stage: Stage; readonly channel: Channel }
  | { readonly at: number; readonly kind: "resumes"; readonly stage: Stage }
  | {
      readonly at: number;
      readonly kind: "over";
      readonly stage: Stage;
      readonly how: "returned" | "failed" | "stopped";
    };
