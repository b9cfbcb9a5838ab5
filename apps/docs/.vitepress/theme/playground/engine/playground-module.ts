import type { Clock, Task } from "@selvage/scope";

/** What a task of the playground can do with its time, and the signal that it was called with. */
export interface Watched {
  /** Works for so many milliseconds. With a signal it rejects with the signal's reason as soon as that aborts, as `fetch` does. */
  readonly work: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Tidies up for so many milliseconds, which nothing interrupts. */
  readonly cleanUp: (ms: number) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** An asynchronous function as there are many: its signal is optional, and it does not know who calls it. */
export type WatchedTask = (options?: { readonly signal?: AbortSignal | undefined }) => Promise<string>;

/** What the programs of the playground import from `./playground.js`. */
export interface PlaygroundModule {
  /** The clock that time is taken from: a virtual one. */
  readonly clock: Clock;
  /** Makes a task out of an asynchronous function, and writes down what becomes of it whenever it is called. */
  readonly task: (name: string, body: (watched: Watched) => Promise<string>) => WatchedTask;
  /** Writes down that something happened now. */
  readonly mark: (what: string) => void;
  /** A supervisor's error handler, which writes down what it is told. */
  readonly onError: (error: unknown, task: Task<unknown>) => void;
}
