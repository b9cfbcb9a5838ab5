import type { TaskStatus } from "@selvage/scope";

/** How many tasks have ended, by how they did. */
export class Counts {
  completed = 0;
  failed = 0;
  cancelled = 0;

  add(status: TaskStatus): void {
    if (status === "fulfilled") this.completed++;
    else if (status === "rejected") this.failed++;
    else this.cancelled++;
  }
}
