import { delayBefore } from "@selvage/scope/internal";
import type { RestartPolicy } from "./restart-options.js";

/** What follows the end of a run. The delay is in milliseconds. */
export type RestartDecision =
  { readonly action: "end" } | { readonly action: "restart"; readonly delay: number } | { readonly action: "give up" };

const END: RestartDecision = { action: "end" };
const GIVE_UP: RestartDecision = { action: "give up" };

/**
 * The runs of one task. It decides what follows each of them (V9): OTP's intensity and period, as a true sliding window.
 *
 * Time during which the task waits to be restarted does not count. A decision takes amortised constant time, however many restarts the window
 * contains.
 */
export class RestartHistory {
  readonly #policy: RestartPolicy;
  /** The times of the restarts that may be in the window, the oldest first, less the waits before them. Empty if there is no limit. */
  #restarts: number[] = [];
  /** The index of the first restart in the window. */
  #first = 0;
  /** How long the task has waited to be restarted, in all. */
  #waited = 0;
  /** When the latest run began. */
  #began: number;
  /** When the latest run ended. Before the first end, it is the time of the first start. */
  #ended: number;
  /** How many restarts there were since a run lasted for `within` milliseconds. */
  #streak = 0;

  constructor(policy: RestartPolicy, now: number) {
    this.#policy = policy;
    this.#began = this.#ended = now;
  }

  /** Called when a wait is over and a run begins. */
  runBegins(now: number): void {
    this.#waited += now - this.#ended;
    this.#began = now;
  }

  /**
   * Called when a run has ended. Returns what follows.
   *
   * @throws {RangeError} If the policy's `jitter` function does not return a number from 0 to 1. @throws The error of that function.
   */
  runEnded(outcome: "fulfilled" | "rejected", now: number): RestartDecision {
    const { when, maxRestarts, within, backoff } = this.#policy;
    this.#ended = now;
    if (when === "on-failure" && outcome === "fulfilled") return END;
    if (now - this.#began >= within) this.#streak = 0;
    if (maxRestarts !== Infinity && !this.#count(now - this.#waited, maxRestarts, within)) return GIVE_UP;
    return { action: "restart", delay: delayBefore(this.#streak++, backoff, "restart.backoff") };
  }

  /** Counts one more restart, unless the window is full. */
  #count(time: number, maxRestarts: number, within: number): boolean {
    const restarts = this.#restarts;
    while (this.#first < restarts.length && restarts[this.#first]! <= time - within) this.#first++;
    if (restarts.length - this.#first >= maxRestarts) return false;
    if (this.#first > 32 && this.#first * 2 > restarts.length) {
      restarts.splice(0, this.#first); // moves at most as many elements as have left the window since the last time
      this.#first = 0;
    }
    restarts.push(time);
    return true;
  }
}
