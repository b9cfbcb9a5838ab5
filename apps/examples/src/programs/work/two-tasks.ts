import type { Sleeper } from "../../native-timers.js";
import { ValueError } from "./value-error.js";

/*
 * A task that fails soon, and one that takes long and prints how it ended. They wait with `where`: a scope, or native
 * timers.
 */

export async function failingTask(where: Sleeper): Promise<never> {
  await where.sleep(100);
  throw new ValueError("no such customer");
}

export async function longTask(where: Sleeper, out: (line: string) => void): Promise<void> {
  out("  the long task begins");
  try {
    await where.sleep(500);
    out("  the long task has finished");
  } catch (error) {
    out("  the long task was cancelled");
    throw error;
  }
}
