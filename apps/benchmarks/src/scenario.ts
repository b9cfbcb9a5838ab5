import type { Effort } from "./measure.js";
import type { Programs } from "./programs.js";

/** A question that is put to all contestants. */
export interface Scenario {
  /** A letter, by which the command line and the goals know it. */
  readonly id: string;
  readonly title: string;
  /** What is measured, and what the floor is: Markdown. */
  readonly about: string;
  readonly cases: readonly Case[];
  readonly goals: readonly Goal[];
}

/** One thing that is measured. */
export interface Case {
  readonly id: string;
  /** The heading of its column. */
  readonly title: string;
  readonly unit: Unit;
  /** The name of whoever the others are compared to. */
  readonly floor?: string | undefined;
  /** How many tasks, timeouts, scopes … there are. */
  readonly n: number;
  /** The program of a contestant that it runs; those without take no part. */
  readonly program: keyof Programs;
  /** Which kind of it, where there are several: for `asyncio.py`. */
  readonly variant?: string;
  /** Those in other languages take no part, though they have the program. */
  readonly javaScriptOnly?: boolean;
  /** How often it is measured at most: a figure that hardly varies needs no nine rounds. */
  readonly rounds?: number;
  readonly measure: (programs: Programs, n: number, effort: Effort) => Promise<number>;
}

/** What a figure counts, for each task or in all. */
export type Unit = "ns" | "ms" | "bytes" | "timers";

/** What is to be reached, in each of the cases that it names (all of the scenario's, if it names none). */
export interface Goal {
  readonly text: string;
  /** Whose goal it is. */
  readonly of: readonly string[];
  readonly cases?: readonly string[];
  readonly limit: Limit;
}

/** An absolute figure, or so many times another's: a contestant's, or that of every peer. */
type Limit = { readonly atMost: number } | { readonly times: number; readonly of: readonly string[] | "every peer" };
