import type { Clock, Task } from "@selvage/scope";

/** The ways in which a task of the playground can spend time, and its signal. */
export interface Watched {
  /** Works for `ms` milliseconds. With a signal it rejects with the signal's reason as soon as it aborts, as `fetch` does. */
  readonly work: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Cleans up for `ms` milliseconds, without interruption. */
  readonly cleanUp: (ms: number) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** An ordinary asynchronous function: its signal is optional, and it does not depend on its caller. */
export type WatchedTask = (options?: { readonly signal?: AbortSignal | undefined }) => Promise<string>;

/** What the programs of the playground import from `./playground.js`. */
export interface PlaygroundModule {
  /** The virtual clock. */
  readonly clock: Clock;
  /** Makes a task from an asynchronous function, and records its events whenever it is called. */
  readonly task: (name: string, body: (watched: Watched) => Promise<string>) => WatchedTask;
  /** Records an event at the present time. */
  readonly mark: (what: string) => void;
  /** A supervisor's error handler, which records each error. */
  readonly onError: (error: unknown, task: Task<unknown>) => void;
}
