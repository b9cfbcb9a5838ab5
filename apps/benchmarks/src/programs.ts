import type { Body } from "./work.js";

/**
 * What a contestant can do, a function for each thing that is measured. It takes part in what it has a function for.
 *
 * All of them count in `work` each task that they start and each that has ended, so that equal work can be proved.
 */
export interface Programs {
  /** A: runs `body` as `n` tasks at once, and waits for all. */
  readonly startAndJoin?: (n: number, body: Body) => Promise<unknown>;

  /** B: starts `n` tasks side by side that wait for ever, cancels them, and waits until all have ended. */
  readonly cancelWide?: (n: number) => Promise<unknown>;
  /** B: the same with `n` tasks each of which has started the next, and ends after it. */
  readonly cancelDeep?: (n: number) => Promise<unknown>;

  /** C: performs `operation` `n` times, one after another, each under a time limit that is not reached. */
  readonly limitInTurn?: (n: number, operation: Body) => Promise<unknown>;
  /** C: the same, all at once. */
  readonly limitTogether?: (n: number, operation: Body) => Promise<unknown>;
  /** C: sets a time limit, moves it `n` times, each time a little later, and counts one task for all. */
  readonly moveDeadline?: (n: number) => unknown;

  /** D: starts `n` tasks that wait; resolves, when all do, with what ends them. */
  readonly hold?: (n: number, wait: Wait) => Promise<() => unknown>;
  /** D: fills `kept` with scopes that are open; returns what closes them. */
  readonly holdScopes?: (kept: unknown[]) => () => unknown;
  /** D: opens something that lives long, for others to come and go under it. */
  readonly open?: () => Promise<LongLived> | LongLived;

  /** E: runs `body` for every item, at most `limit` at a time. */
  readonly limited?: (items: readonly number[], limit: number, body: Body) => Promise<unknown>;

  /** F: what to install, and a program that uses it. */
  readonly package?: Package;

  /** G: starts `n` tasks that read a signal of their own, each as `request` does, and waits for them; cancels them if they wait for that. */
  readonly readSignals?: (n: number, request: Request, cancelled: boolean) => Promise<unknown>;
}

/** How a pending task waits. */
export type Wait = "for ever" | "sleeping";

/** How long what sleeps would sleep: longer than any measurement. */
export const LONG = 10_000_000;

/** What has tasks, timeouts or scopes come and go under it. */
export interface LongLived {
  /** Has `n` of them come, and waits until they have gone. */
  readonly finish: (n: number) => Promise<unknown>;
  readonly close: () => unknown;
}

/** What a user installs. */
export interface Package {
  /** What to import, in this order. */
  readonly imports: readonly string[];
  /** A module to bundle. */
  readonly source: string;
}

/** What a task does with a signal. */
export type Request = (signal: AbortSignal) => Promise<void>;
