import type { ManualClock } from "./manual-clock.js";
import type { Trial } from "./measure.js";
import type { Body } from "./work.js";

/**
 * What a contestant can do: one function for each thing that is measured. A contestant takes part in the cases for which it has a function.
 *
 * Every program counts in `work` each task that it starts and each that has ended. This proves that contestants do equal work.
 */
export interface Programs {
  /** A, I: runs `body` as `n` tasks at once, and waits for all. */
  readonly startAndJoin?: (n: number, body: Body) => Promise<unknown>;

  /** B, I: starts `n` tasks side by side that wait for ever, cancels them, and waits until all have ended. */
  readonly cancelWide?: (n: number) => Promise<unknown>;
  /** B, I: the same with `n` tasks each of which has started the next, and ends after it. */
  readonly cancelDeep?: (n: number) => Promise<unknown>;
  /** B: starts `n` tasks that wait for ever in one group, to be cancelled one by one. */
  readonly cancelOne?: (n: number) => Promise<LiveGroup>;
  /** B: starts an operation that waits for ever under a limit of `ms`; resolves when the limit has ended it. */
  readonly limitFires?: (ms: number, clock: ManualClock) => Promise<unknown>;

  /** C: performs `operation` `n` times, one after another, each under a time limit that is not reached. */
  readonly limitInTurn?: (n: number, operation: Body) => Promise<unknown>;
  /** C: the same, all at once. */
  readonly limitTogether?: (n: number, operation: Body) => Promise<unknown>;
  /** C: as `limitInTurn`, with an operation that gets the limit's signal. */
  readonly requestInTurn?: (n: number, request: Request) => Promise<unknown>;
  /** C: as `limitTogether`, with an operation that gets the limit's signal. */
  readonly requestTogether?: (n: number, request: Request) => Promise<unknown>;
  /** C: sets a time limit, moves it `n` times, each time a little later, and counts one task for all. */
  readonly moveDeadline?: (n: number) => unknown;
  /** C: the same on a clock that counts its readings. */
  readonly moveOnClock?: (n: number, clock: ManualClock) => unknown;

  /** D: starts `n` tasks that wait; resolves, when all do, with what ends them. */
  readonly hold?: (n: number, wait: Wait) => Promise<() => unknown>;
  /** D: fills `kept` with open scopes; returns what closes them. */
  readonly holdScopes?: (kept: unknown[]) => () => unknown;
  /** D: for each kind of thing, opens an owner that lives on while things come and go. */
  readonly comeAndGo?: Partial<Record<Thing, () => Promise<LongLived> | LongLived>>;

  /** E: runs `body` for every item, at most `limit` at a time. */
  readonly limited?: (items: readonly number[], limit: number, body: Body) => Promise<unknown>;

  /** H: runs `body` `n` times, at most `limit` at a time, under one semaphore that all callers share; a limit of 1 is a mutex. */
  readonly guarded?: (n: number, limit: number, body: Body) => Promise<unknown>;
  /** H: runs `body` `n` times, one after another, each under a retry that succeeds at once. */
  readonly retried?: (n: number, body: Body) => Promise<unknown>;
  /** H: runs `body` `n` times, one after another, each after a limit per time that is not reached. */
  readonly rateLimited?: (n: number, body: Body) => Promise<unknown>;
  /** H: asks `n` times for a value that is kept, and counts each answer. */
  readonly kept?: (n: number) => Promise<unknown>;
  /** H: runs `body` `n` times, one after another, each through a circuit breaker that is closed. */
  readonly broken?: (n: number, body: Body) => Promise<unknown>;

  /** H: hands `n` items from one task to another, one after another, through a buffer with so many places. */
  readonly handOver?: (n: number, capacity: number) => Promise<unknown>;
  /** H: sends `itemsOf(n)` through so many stages, each of which runs `stage` for at most `limit` items at a time, and reads the results as they arrive. */
  readonly stream?: (n: number, stages: number, limit: number) => Promise<unknown>;
  /** H: the same, and reads the results in the order of the items. */
  readonly streamInOrder?: (n: number, stages: number, limit: number) => Promise<unknown>;

  /** F: what to install, and a program that uses it. */
  readonly package?: Package;

  /** G: starts `n` tasks that read a signal, each as `request` does, and waits for them; cancels them if they wait for that. */
  readonly readSignals?: (n: number, request: Request, cancelled: boolean) => Promise<unknown>;

  /** J: runs `body` as `n` tasks at once in a named group, while something observes them, and waits for all. */
  readonly observed?: (n: number, body: Body, isNamed: boolean) => Promise<unknown>;

  /** I: as `cancelDeep`, but the innermost task fails while it cleans up. */
  readonly cancelFailing?: (n: number) => Promise<unknown>;
  /** I: one task that fails `n` times, and is restarted each time within one window. */
  readonly restart?: (n: number) => Promise<unknown>;
  /** I: opens `n` scopes with a deadline each; the trial asks each whether it is cancelled. */
  readonly look?: (n: number) => Trial;
}

/** A group whose tasks can be cancelled one by one. */
export interface LiveGroup {
  /** Cancels a task, and waits until it has ended. */
  readonly cancel: (index: number) => unknown;
  readonly close: () => unknown;
}

/** How a pending task waits. */
export type Wait = "for ever" | "sleeping";

/** How long a sleeping task would sleep, in milliseconds: longer than any measurement. */
export const LONG = 10_000_000;

/** What comes and goes. */
export const things = {
  task: "tasks",
  cancelled: "cancelled tasks",
  queued: "tasks that waited for their turn",
  restart: "restarts",
  timeout: "timeouts",
  scope: "scopes",
  sleep: "sleeps in one scope",
  race: "races of one promise",
  listener: "listeners of one scope",
  moved: "moves of one deadline",
} as const;

export type Thing = keyof typeof things;

/** An owner under which things come and go. */
export interface LongLived {
  /** Makes `n` of them come, and waits until they have gone. */
  readonly finish: (n: number) => Promise<unknown>;
  readonly close: () => unknown;
}

/** What a user installs. */
export interface Package {
  /** What to import, in this order; nothing where only the size is asked for. */
  readonly imports: readonly string[];
  /** A module to bundle. */
  readonly source: string;
}

/** What a task does with a signal. */
export type Request = (signal: AbortSignal) => Promise<void>;
