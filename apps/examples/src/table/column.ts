import type { ManyTasks, OneBody } from "./row.js";

/** What a column is called in the code. */
export type ColumnName =
  "cleanup" | "added" | "siblings" | "shutdown" | "results" | "errors" | "waiting" | "outer" | "memory" | "leaving";

/** A question, and the programs that answer it. */
export interface Column {
  readonly title: string;
  /** What is done, and what has to be seen for a "yes". */
  readonly probe: string;
  /** Whether "no" is what one would like to read. Nobody writes such a thing by hand. */
  readonly isUnwanted?: boolean;
  /** Runs several tasks, and tells whether it holds. */
  ofManyTasks(way: ManyTasks): Promise<boolean>;
  /** The same for what runs a single body. Left out where the question does not arise. */
  ofOneBody?(way: OneBody): Promise<boolean>;
}
