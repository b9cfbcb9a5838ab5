import type { Clock } from "@selvage/scope";
import { NativeTimers } from "../native-timers.js";

/** What can be seen of a task. It starts, may notice that it was cancelled, and ends in one of three ways. */
export interface TaskEvent {
  readonly at: number;
  readonly task: string;
  readonly kind: "started" | "noticed" | "returned" | "failed" | "cancelled";
  /** What a task that did not return threw. */
  readonly error?: unknown;
}

/** What a task of the workload can do with its time. */
export interface Watched {
  /** Works for that long, or until the signal aborts, as `setTimeout` of `node:timers/promises` does. */
  work(ms: number): Promise<void>;
  /** Works for that long, and looks at no signal. */
  insist(ms: number): Promise<void>;
}

/** Writes down what tasks do, with the time at which they do it. */
export class Recorder {
  readonly events: TaskEvent[] = [];
  readonly #clock: Clock;
  readonly #tasks = new WeakMap<Promise<unknown>, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs a task that returns its own name, and writes down what becomes of it. */
  watch(task: string, signal: AbortSignal | undefined, body: (watched: Watched) => Promise<void>): Promise<string> {
    const promise = this.#watch(task, signal, body);
    this.#tasks.set(promise, task);
    return promise;
  }

  /** The task whose promise this is. */
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
