import type { Clock } from "@selvage/scope";

/** What opens a `Breaker`: failures in a row, or their share of the calls in a time. */
export type BreakerTrigger =
  | {
      /** How many failures in a row open it. */
      readonly failures: number;
    }
  | {
      /** The share of calls, at least 0 and below 1. If more of the calls in the window fail, it opens. */
      readonly rate: number;
      /** The length of the window, in milliseconds, at least 1. It moves in ten steps. */
      readonly window: number;
      /** How many calls there must be in the window at least. */
      readonly minimum: number;
    };

/** `"closed"`: calls pass. `"open"`: they are rejected. `"half-open"`: a few pass, as probes. */
export type BreakerState = "closed" | "open" | "half-open";

/** Options of a `Breaker`. */
export interface BreakerOptions {
  /** How long it stays open, in milliseconds. */
  readonly resetAfter: number;
  /** How many calls run at one time while it is half-open, and how many must succeed to close it. Default: 1. */
  readonly probes?: number | undefined;
  /**
   * Whether an error counts as a failure of the service. If not, it counts as a success: the service has answered. It must not return a promise.
   * Default: every error.
   */
  readonly isFailure?: ((error: unknown) => boolean) | undefined;
  /** Called synchronously after each change of the state. An error that it throws is reported as uncaught. */
  readonly onStateChange?: ((state: BreakerState, before: BreakerState) => void) | undefined;
  /** The name that messages use. */
  readonly name?: string | undefined;
  /** The clock. Default: the platform's timers. */
  readonly clock?: Clock | undefined;
}
