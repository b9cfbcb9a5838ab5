import type { Clock } from "@selvage/scope";
import type { PlaygroundModule, Watched, WatchedTask } from "./playground-module.js";
import type { Outcome, TaskEvent, TraceEvent } from "./trace-event.js";

/** Records what a program does, and when. */
export class Recorder {
  readonly events: TraceEvent[] = [];
  /** The module that the program imports as `./playground.js`. */
  readonly module: PlaygroundModule;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.module = {
      clock,
      task: (name, body) => this.#task(name, body),
      mark: (what) => {
        this.events.push({ at: clock.now(), kind: "marked", what });
      },
      onError: (error, { name }) => {
        this.events.push({ at: clock.now(), kind: "reported", task: name, error });
      },
    };
  }

  /** Records that the caller has control back. */
  back(outcome: Outcome): void {
    this.events.push({ at: outcome.at, kind: "back", outcome });
  }

  #task(name: string, body: (watched: Watched) => Promise<string>): WatchedTask {
    const watched: WatchedTask = ({ signal } = {}) => this.#watch(name, signal, body);
    // The default name of a task is the name of its function.
    return Object.defineProperty(watched, "name", { value: name });
  }

  async #watch(
    task: string,
    signal: AbortSignal | undefined,
    body: (watched: Watched) => Promise<string>,
  ): Promise<string> {
    const note = (kind: TaskEvent["kind"], error?: unknown): void => {
      this.events.push({ at: this.#clock.now(), kind, task, ...(error === undefined ? {} : { error }) });
    };
    const noteCancelled = (): void => note("cancelled");
    note("started");
    signal?.addEventListener("abort", noteCancelled);
    try {
      const value = await body({
        work: (ms, signal) => sleep(this.#clock, ms, signal),
        cleanUp: (ms) => {
          note("cleaning");
          return sleep(this.#clock, ms);
        },
        signal,
      });
      note("returned");
      return value;
    } catch (error) {
      note(signal?.aborted === true && error === signal.reason ? "stopped" : "failed", error);
      throw error;
    } finally {
      signal?.removeEventListener("abort", noteCancelled);
    }
  }
}

/** Like `setTimeout` of `node:timers/promises` and `fetch`: rejects at once when the signal aborts. */
function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clock.clearTimer(timer);
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimer(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted === true) stop();
  });
}
