import type { Figure } from "./figure.js";
import type { Effort } from "./measure.js";
import type { Programs } from "./programs.js";

/** A question that is put to all contestants. Its goals are in `goals.ts`. */
export interface Scenario {
  /** A letter, by which the command line and the goals know it. */
  readonly id: string;
  readonly title: string;
  /** What is measured, and what the floor is: Markdown. */
  readonly about: string;
  readonly cases: readonly Case[];
}

/** One thing that is measured. */
export interface Case {
  readonly id: string;
  /** The heading of its column. */
  readonly title: string;
  readonly unit: Unit;
  /** The contestant with which the others are compared. */
  readonly floor?: string | undefined;
  /** How many tasks, timeouts, scopes … there are. */
  readonly n: number;
  /** The program of a contestant that it runs; a contestant without it does not take part. */
  readonly program: keyof Programs;
  /** Which kind of the program, where there are several: for contestants in other languages. */
  readonly variant?: string;
  /** Whether a contestant that has the program takes part. Default: yes. */
  readonly takesPart?: (programs: Programs) => boolean;
  /** The only contestants that take part. Default: all that have the program. */
  readonly only?: readonly string[];
  /** Contestants in other languages do not take part, even if they have the program. */
  readonly javaScriptOnly?: boolean;
  /** How often it is measured at most: a figure that hardly varies needs fewer rounds. */
  readonly rounds?: number;
  /** For how many milliseconds a process runs before it measures, if not for the usual time. */
  readonly warmUp?: number;
  /** More flags for Node. */
  readonly nodeFlags?: readonly string[];
  /** After how many milliseconds a process is given up, if not after the usual time. */
  readonly atMost?: number;
  /** Returns what one item costs. */
  readonly measure: (programs: Programs, n: number, effort: Effort) => Promise<Figure | number>;
}

/** What a figure counts, for each item or in all. */
export type Unit = "ns" | "ms" | "bytes" | "readings";
