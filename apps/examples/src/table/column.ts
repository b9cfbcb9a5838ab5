import type { ManyTasks, OneBody } from "./row.js";

/** The name of a column in the code. */
export type ColumnName =
  "cleanup" | "added" | "siblings" | "shutdown" | "results" | "errors" | "waiting" | "outer" | "memory" | "leaving";

/** A column of the table, and the programs that decide its cells. */
export interface Column {
  readonly title: string;
  /** What the probe does, and when the result is "yes". */
  readonly probe: string;
  /** Whether "no" is the good answer. Such a column is never "by hand". */
  readonly isUnwanted?: boolean;
  /** Runs several tasks, and returns whether the result is "yes". */
  ofManyTasks(way: ManyTasks): Promise<boolean>;
  /** The same for a way that runs a single body. Omitted if the column does not apply. */
  ofOneBody?(way: OneBody): Promise<boolean>;
}
