import type { Clock } from "@selvage/scope";
import { NativeTimers } from "../native-timers.js";

/** An event of a task. A task starts, may notice that it was cancelled, and ends in one of three ways. */
export interface TaskEvent {
  readonly at: number;
  readonly task: string;
  readonly kind: "started" | "noticed" | "returned" | "failed" | "cancelled";
  /** The error, if the task did not return. */
  readonly error?: unknown;
}

/** The ways in which a task of the workload can spend time. */
export interface Watched {
  /** Works for `ms`, or until the signal aborts, as `setTimeout` of `node:timers/promises` does. */
  work(ms: number): Promise<void>;
  /** Works for `ms`, and ignores the signal. */
  insist(ms: number): Promise<void>;
}

/** Records what tasks do, and when. */
export class Recorder {
  readonly events: TaskEvent[] = [];
  readonly #clock: Clock;
  readonly #tasks = new WeakMap<Promise<unknown>, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs a task that returns its own name, and records its events. */
  watch(task: string, signal: AbortSignal | undefined, body: (watched: Watched) => Promise<void>): Promise<string> {
    const promise = this.#watch(task, signal, body);
    this.#tasks.set(promise, task);
    return promise;
  }

  /** The name of the task with this promise. */
  taskOf(promise: Promise<unknown>): string | undefined {
    return this.#tasks.get(promise);
  }

  async #watch(
    task: string,
    signal: AbortSignal | undefined,
    body: (watched: Watched) => Promise<void>,
  ): Promise<string> {
    this.#note(task, "started");
    try {
      await body({
        work: async (ms) => {
          try {
            await new NativeTimers(this.#clock, signal).sleep(ms);
          } catch (reason) {
            this.#note(task, "noticed");
            throw reason;
          }
        },
        insist: (ms) => new NativeTimers(this.#clock).sleep(ms),
      });
    } catch (error) {
      const wasCut = signal?.aborted === true && error === signal.reason;
      this.#note(task, wasCut ? "cancelled" : "failed", error);
      throw error;
    }
    this.#note(task, "returned");
    return task;
  }

  #note(task: string, kind: TaskEvent["kind"], error?: unknown): void {
    this.events.push({ at: this.#clock.now(), task, kind, error });
  }
}
