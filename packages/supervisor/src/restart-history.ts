import { describeValue } from "@selvage/scope/internal";
import type { Backoff, RestartPolicy } from "./restart-policy.js";

/** What follows the end of a run. */
export type RestartDecision =
  | { readonly action: "end" }
  | { readonly action: "restart"; /** In milliseconds. */ readonly delay: number }
  | { readonly action: "give up" };

const END: RestartDecision = { action: "end" };
const GIVE_UP: RestartDecision = { action: "give up" };

/**
 * The runs of one task, and what follows each of them (V9): OTP's intensity and period, as a true sliding window.
 *
 * Time that the task waits to be restarted does not count. A decision takes constant time, amortised, whatever the window holds.
 */
export class RestartHistory {
  readonly #policy: RestartPolicy;
  /** When the restarts took place that may be in the window, the oldest first, without the waits. None where there is no limit. */
  #restarts: number[] = [];
  /** Where the window begins in `#restarts`. */ #first = 0;
  /** How long the task has waited in all. */ #waited = 0;
  /** When the latest run began. */ #began: number;
  /** When the latest run ended. */ #ended: number;
  /** How many restarts there have been since a run lasted for the whole window. */ #streak = 0;

  constructor(policy: RestartPolicy, now: number) {
    this.#policy = policy;
    this.#began = this.#ended = now;
  }

  /** A wait is over, and a run begins. */
  runBegins(now: number): void {
    this.#waited += now - this.#ended;
    this.#began = now;
  }

  /**
   * A run has ended: what is to be done?
   *
   * @throws {RangeError} Where the policy's source of randomness returns no number from 0 to 1. @throws What that source throws.
   */
  runEnded(outcome: "fulfilled" | "rejected", now: number): RestartDecision {
    const { when, maxRestarts, within, backoff } = this.#policy;
    this.#ended = now;
    if (when === "on-failure" && outcome === "fulfilled") return END;
    if (now - this.#began >= within) this.#streak = 0;
    if (maxRestarts !== Infinity && !this.#count(now - this.#waited, maxRestarts, within)) return GIVE_UP;
    return { action: "restart", delay: delayBefore(this.#streak++, backoff) };
  }

  /** Counts one more restart, unless the window is full. */
  #count(time: number, maxRestarts: number, within: number): boolean {
    const restarts = this.#restarts;
    while (this.#first < restarts.length && restarts[this.#first]! <= time - within) this.#first++;
    if (restarts.length - this.#first >= maxRestarts) return false;
    if (this.#first > 32 && this.#first * 2 > restarts.length) {
      restarts.splice(0, this.#first); // at most as many are moved as have left since the last time
      this.#first = 0;
    }
    restarts.push(time);
    return true;
  }
}

/** @param earlier - How many restarts the wait is to be longer for. */
function delayBefore(earlier: number, backoff: Backoff | undefined): number {
  if (backoff === undefined) return 0;
  const { initial = 1_000, factor = 2, max = 30_000, jitter = true } = backoff;
  if (initial === 0) return 0; // infinitely often 0 is no number
  const delay = Math.min(max, Number.MAX_VALUE, initial * factor ** earlier);
  if (jitter === false) return delay;
  const share: unknown = jitter === true ? Math.random() : jitter();
  if (typeof share === "number" && share >= 0 && share <= 1) return delay * share;
  throw new RangeError(`restart.backoff.jitter must return a number from 0 to 1, got ${describeValue(share)}.`);
}
