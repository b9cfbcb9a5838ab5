import type { TaskStatus } from "@selvage/scope";

/** How many tasks have ended, by their outcome. */
export interface Counts {
  completed: number;
  failed: number;
  cancelled: number;
}

/** Makes counts that start at 0. */
export function noCounts(): Counts {
  return { completed: 0, failed: 0, cancelled: 0 };
}

/** Counts a task that has ended with this status. */
export function count(counts: Counts, status: TaskStatus): void {
  if (status === "fulfilled") counts.completed++;
  else if (status === "rejected") counts.failed++;
  else counts.cancelled++;
}
